"""What publishers write is text on every page, as a file and served: no script of theirs runs."""

import base64
import csv
import hashlib
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import pytest
from playwright import sync_api as playwright

from pipeline.operations.serve import policy_for
from tests.conftest import HERE, Workspace

ARCHIVE = "tripdata/JC-202401-citibike-tripdata.csv.zip"
ATTACKS = (
    "<img src=x onerror=pwned=1>",
    "</script><script>pwned=1</script>",
    '"><svg onload=pwned=1>',
    "<a href=javascript:pwned=1>",
    "$PARAMETER ${x} {{ 7 * 7 }} {% raw %} &lt;",
)
COLUMNS = ("rideable_type", "start_station_name", "end_station_name", "member_casual")


def attack(archive: Path) -> None:
    """Writes the texts into the archive's columns of text, each into some rides."""
    with zipfile.ZipFile(archive) as published:
        names = [name for name in published.namelist() if name.endswith(".csv") and "MACOSX" not in name]
        files = {name: list(csv.DictReader(io.StringIO(published.read(name).decode()))) for name in names}
    with zipfile.ZipFile(archive, "w") as published:
        for name, rows in files.items():
            for row, text in zip(rows[::50], cycle(ATTACKS)):
                row.update(dict.fromkeys(COLUMNS, text))
            lines = io.StringIO()
            writer = csv.DictWriter(lines, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
            published.writestr(name, lines.getvalue())


@pytest.fixture
def attacked(workspace: Workspace, with_project_files: Callable[[Workspace], Workspace]) -> Workspace:
    attack(workspace.upstream.root / ARCHIVE)
    ended = with_project_files(workspace).run_month("2024-01", "--sources", "citibike_jc,weather")
    assert ended.returncode == 0, ended.stderr
    return workspace


@pytest.fixture
def served(attacked: Workspace) -> Iterator[str]:
    command = [sys.executable, "-m", "pipeline", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=HERE, env=attacked.variables, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout
        yield serving.stdout.readline().removesuffix("/reports/index.html, until Ctrl-C\n")
        serving.terminate()


@pytest.fixture
def tab(chromium: str) -> Iterator[playwright.Page]:
    with playwright.sync_playwright() as driver:
        offline = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", offline])
        page = browser.new_page()
        page.set_default_timeout(120_000)  # dbt's documentation takes its time beside other tests
        yield page
        browser.close()


@pytest.mark.browser
def test_no_script_of_a_publisher_runs_on_a_page_and_every_page_works_under_its_policy(
    attacked: Workspace, served: str, tab: playwright.Page
) -> None:
    logged: list[str] = []
    tab.on("console", lambda message: logged.append(message.text))
    reports = attacked.data / "reports"
    (docs,) = reports.glob("quality/validations/stg_citibike__trips/**/*.html")
    for page in [docs, reports / "quality/index.html", *reports.glob("*.html")]:
        for address in (page.as_uri(), f"{served}/{page.relative_to(attacked.data)}"):
            tab.goto(address)
            assert tab.evaluate("typeof pwned") == "undefined", address
            if page in (docs, reports / "2024-01.html"):
                assert "<img src=x onerror=pwned=1>" in tab.inner_text("body"), "it is shown as text"
            if page.parent == reports and page.stem in ("2024-01", "index"):
                assert tab.locator("#tip").count() == 1, "the page's own script runs"
    assert [line for line in logged if "Content Security Policy" in line] == []
    assert digests(docs.read_text()) <= set(policy_for("/reports/quality/validations/page.html").split())


def digests(html: str) -> set[str]:
    """The inline scripts and event handlers of a page, as a policy names them."""
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL) + re.findall(r'\son[a-z]+="([^"]*)"', html)
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts if text]
    return {f"'sha256-{digest}'" for digest in digests}
