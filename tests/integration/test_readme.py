"""What README.md says can be run, run: every command of its «sh» blocks and every line of its «python» blocks."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import HERE, Place

README = (HERE / "README.md").read_text()
SH = [
    shlex.split(line, comments=True)
    for block in re.findall(r"^```sh\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
PYTHON = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
TEST, DEMO = ["./run.sh", "test"], ["./run.sh", "demo"]
UNTIL_STOPPED = {"serve": "http://127.0.0.1:{port}/reports/index.html", "ui": "http://127.0.0.1:{port}/api/graph"}
NOT_PUBLISHED = 20
REFUSED = 2
ENDS_WITH = {"backfill": NOT_PUBLISHED, "catchup": NOT_PUBLISHED, "RangeMonthly": NOT_PUBLISHED, "accept": REFUSED}
"""Exit codes of what asks the stand-in upstream for more than its three months, or accepts a month that is sound."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project by links, with this Python's environment as the one that run.sh has made."""
    root = tmp_path_factory.mktemp("project")
    for path in HERE.iterdir():
        if path.name not in {".venv", "data"} and not path.name.startswith(".git"):
            (root / path.name).symlink_to(path)
    (root / ".venv").mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.name != "installed":
            (root / ".venv" / path.name).symlink_to(path)
    lock = subprocess.run("cksum < requirements.lock", shell=True, cwd=HERE, text=True, capture_output=True, check=True)
    (root / ".venv/installed").write_text(lock.stdout)
    return root


def environment(project: Path, place: Place) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOBILITY_")}
    return kept | {
        "PATH": f"{project / '.venv/bin'}:{os.environ['PATH']}",
        "MOBILITY_DATA": str(place.data),
        "TLC_URL": place.upstream.url,
        "CITIBIKE_URL": f"{place.upstream.url}/tripdata",
        "OPEN_METEO_URL": place.upstream.url,
        "BROWSER": "true",
    }


def test_the_readme_names_the_verbs_of_the_door() -> None:
    words = {word for command in SH for word in command}
    verbs = {
        "demo",
        "test",
        "month",
        "backfill",
        "catchup",
        "status",
        "verify",
        "forget",
        "report",
        "serve",
        "ui",
        "metrics",
    }
    assert verbs <= words
    assert len(PYTHON) == 3


def test_every_command_does_what_it_says(copy_of: Callable[[], Place], project: Path) -> None:
    """On one data folder, in their order but for ``forget``, after which months would be built anew."""
    place = copy_of()
    for command in sorted(SH, key=lambda words: "forget" in words):
        if command in (TEST, DEMO) or command[0] in ("source", "sudo"):
            continue  # TEST is what runs this; DEMO has a folder of its own, below; test_units.py tries the units
        if command[1] in UNTIL_STOPPED:
            assert serves(command, environment(project, place), project), command
        else:
            ended = subprocess.run(
                command, cwd=project, env=environment(project, place), text=True, capture_output=True, check=False
            )
            wanted = next((code for word, code in ENDS_WITH.items() if word in command), 0)
            assert ended.returncode == wanted, f"{command}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}"


def serves(command: list[str], env: dict[str, str], project: Path) -> bool:
    """Whether it answers within some seconds; stopped then."""
    port = str(20_000 + os.getpid() % 20_000)
    address = UNTIL_STOPPED[command[1]].format(port=port)
    with subprocess.Popen([*command, "--port", port], cwd=project, env=env, stdout=subprocess.DEVNULL) as running:
        try:
            for _ in range(100):
                try:
                    with urllib.request.urlopen(address, timeout=5) as answer:
                        return answer.status == 200
                except OSError:
                    time.sleep(0.2)
            return False
        finally:
            running.send_signal(signal.SIGINT)


def test_the_demo_ends_with_where_to_look(finished: Place, project: Path, tmp_path: Path) -> None:
    env = environment(project, Place(tmp_path / "data", finished.upstream))
    ended = subprocess.run(DEMO, cwd=project, env=env, text=True, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert (tmp_path / "data/demo/reports/index.html").exists()
    assert f"{tmp_path}/data/demo/reports/index.html" in ended.stdout


@pytest.mark.parametrize("code", PYTHON, ids=["duckdb", "pandas", "polars"])
def test_five_lines_answer_an_analyst(finished: Place, tmp_path: Path, code: str) -> None:
    (tmp_path / "data").symlink_to(finished.data)
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, text=True, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "citibike" in ended.stdout and len(ended.stdout.splitlines()) > 8
    assert len([line for line in code.splitlines() if line and not line.startswith("import")]) <= 5


def test_the_picture_is_there_and_small() -> None:
    (picture,) = re.findall(r"!\[.+?\]\((.+?)\)", README)
    assert 20_000 < (HERE / picture).stat().st_size < 200_000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "2023-05"), "month 2023-05: not published; ./run.sh month 2023-05 makes it"),
        (("report", "2024-13"), "not a month"),
        (("serve",), "no page is in"),
    ],
)
def test_what_is_not_there_is_refused_with_what_makes_it(
    finished: Place, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    place = Place(tmp_path / "data", finished.upstream)
    ended = place.verb(*words)
    assert ended.returncode == 2 and said in ended.stderr
    assert not place.data.exists()
