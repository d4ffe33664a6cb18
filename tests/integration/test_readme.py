"""The commands of the documentation's sh blocks and the code of its python blocks run."""

import os
import re
import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipeline import cli
from pipeline.operations.demo import NEXT
from pipeline.project import documentation
from pipeline.tasks.describe import Describe
from pipeline.tasks.month import Explore, Judge, Measure, Publish, Report, Transform
from pipeline.tasks.source import Convert, Load
from tests.conftest import HERE, Workspace

README = (HERE / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The blocks of code in README.md and the files that it links to."""
    block = re.compile(rf"^```{language}\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
    return [found for file in documentation() for found in block.findall(file.read_text())]


SH = [[*words] for words in {tuple(shlex.split(line, comments=True)): 1 for line in "".join(blocks("sh")).splitlines()}]
"""The words of each command, once."""
PYTHON = blocks("python")
DEMO = ["./run.sh", "demo"]
SERVERS = {"serve": "http://127.0.0.1:{port}/reports/index.html", "ui": "http://127.0.0.1:{port}/api/graph"}
NOT_PUBLISHED = 20
REFUSED = 2
EXIT_CODES = {"backfill": NOT_PUBLISHED, "catchup": NOT_PUBLISHED, "RangeMonthly": NOT_PUBLISHED, "accept": REFUSED}
"""The exit codes of commands for more than the three generated months, and of the acceptance of a sound month."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with links to the project, and with this Python's environment in the place of that of run.sh."""
    root = tmp_path_factory.mktemp("project")
    for path in HERE.iterdir():
        if path.name not in {".venv", "data"} and not path.name.startswith(".git"):
            (root / path.name).symlink_to(path)
    (root / ".venv").mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.name != "installed":
            (root / ".venv" / path.name).symlink_to(path)
    locks = ["cksum", "requirements.lock", "requirements-dev.lock"]
    installed = subprocess.run(locks, cwd=HERE, text=True, capture_output=True, check=True)
    (root / ".venv/installed").write_text(installed.stdout)
    return root


def environment(project: Path, workspace: Workspace) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOBILITY_")}
    return kept | {
        "PATH": f"{project / '.venv/bin'}:{os.environ['PATH']}",
        "MOBILITY_DATA": str(workspace.data),
        "TLC_URL": workspace.upstream.url,
        "CITIBIKE_URL": f"{workspace.upstream.url}/tripdata",
        "OPEN_METEO_URL": workspace.upstream.url,
        "BROWSER": "true",
    }


def test_the_documentation_has_every_verb() -> None:
    found = {command[1] for command in SH if command[0] == "./run.sh"}
    in_prose = {"completion", "dbt", "docs", "install-units"}
    assert found == {*cli.commands.commands} - in_prose
    text = "".join(file.read_text() for file in documentation())
    assert [verb for verb in in_prose if f"./run.sh {verb}" not in text] == []
    assert len(PYTHON) == 3


def test_the_readme_fits_on_a_few_screens_and_its_commands_are_those_of_the_first_steps() -> None:
    assert len(README.splitlines()) < 80
    commands = re.findall(r"^\./run\.sh .*?(?=\s*#|$)", README, flags=re.MULTILINE)
    assert 2 <= len(commands) <= 4
    assert [command for command in commands if command not in (HERE / "docs/first-steps.md").read_text()] == []


def test_every_command_of_the_documentation_succeeds(copy_finished: Callable[[], Workspace], project: Path) -> None:
    """On one data folder, in the order of the page; ``forget`` is last, because months have to be built after it."""
    workspace = copy_finished()
    for command in sorted(SH, key=lambda command: "forget" in command):
        if command == DEMO or "--demo" in command or command[0] in ("source", "sudo"):
            continue  # the demo has its own test below; test_units.py tests the units
        if command[1] in SERVERS:
            assert answers(command, environment(project, workspace), project), command
        else:
            ended = subprocess.run(
                command, cwd=project, env=environment(project, workspace), text=True, capture_output=True, check=False
            )
            expected = next((code for name, code in EXIT_CODES.items() if name in command), 0)
            assert ended.returncode == expected, f"{command}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}"


def answers(command: list[str], env: dict[str, str], project: Path) -> bool:
    """Whether the server answers within some seconds. It is stopped afterwards."""
    port = str(20_000 + os.getpid() % 20_000)
    address = SERVERS[command[1]].format(port=port)
    with subprocess.Popen([*command, "--port", port], cwd=project, env=env, stdout=subprocess.DEVNULL) as server:
        try:
            for _ in range(100):
                try:
                    with urllib.request.urlopen(address, timeout=5) as answer:
                        return bool(answer.status == 200)
                except OSError:
                    time.sleep(0.2)
            return False
        finally:
            server.terminate()


def test_the_demo_runs_and_so_do_the_commands_that_it_prints(
    workspace: Workspace, project: Path, tmp_path: Path
) -> None:
    env = environment(project, workspace)
    ended = subprocess.run(DEMO, cwd=project, env=env, text=True, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert (ended.stdout + ended.stderr).count("index.html") == 1
    assert [line for line in ended.stdout.splitlines() if len(line) > 100 and str(tmp_path) not in line] == []
    assert (tmp_path / "data/demo/reports/index.html").exists()
    del env["MOBILITY_DATA"]  # as in the next terminal: the first line says where the data are
    first, *lines = ended.stdout.split("Next:\n")[1].splitlines()
    assert first.split() == ["export", f"MOBILITY_DATA={tmp_path}/data"] and len(lines) == 6
    for line in lines:
        command = shlex.split(line, comments=True)
        if "--demo" not in command:
            assert command in SH  # the test above runs it
        elif command[1] in SERVERS:
            assert answers(command, env | {"MOBILITY_DATA": f"{tmp_path}/data"}, project), line
        else:
            typed = f"{first}\n{line}"
            ended = subprocess.run(typed, shell=True, cwd=project, env=env, text=True, capture_output=True, check=False)
            assert ended.returncode == 0, f"{line}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}"


def test_the_demo_prints_the_commands_that_the_readme_shows_for_it() -> None:
    assert {" ".join(command[1:]) for command in SH if "--demo" in command} <= {*NEXT}


@pytest.mark.parametrize("code", PYTHON, ids=["duckdb", "pandas", "polars"])
def test_a_code_block_of_five_lines_gives_a_result(finished: Workspace, tmp_path: Path, code: str) -> None:
    (tmp_path / "data").symlink_to(finished.data)
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, text=True, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "citibike" in ended.stdout and len(ended.stdout.splitlines()) > 8
    assert len([line for line in code.splitlines() if line and not line.startswith("import")]) <= 5


def test_the_pictures_exist_and_are_small() -> None:
    pictures = [HERE / path for path in re.findall(r"!\[.+?\]\((.+?)\)", README)]
    assert [path.name for path in pictures] == ["example.webp", "demo.svg"]
    assert all(5_000 < path.stat().st_size < 200_000 for path in pictures)
    recorded = "".join(ElementTree.parse(pictures[1]).getroot().itertext())
    assert "$ ./run.sh demo" in recorded and "built     2024-01 to 2024-03" in recorded


def test_the_recording_shows_what_the_steps_and_the_end_of_a_demo_print() -> None:
    recorded = "".join(ElementTree.parse(HERE / "docs/demo.svg").getroot().itertext())
    for task in (Describe, Convert, Load, Transform, Judge, Publish, Measure, Explore, Report):
        assert all(words in recorded for words in re.split(r"\{\w+\}", task.action)), task
    for command in NEXT:
        assert f"./run.sh {command}" in recorded


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("report", "2023-05"), "month 2023-05: not published; ./run.sh month 2023-05 builds it"),
        (("report", "2024-13"), "not a month"),
        (("serve",), "no page is in"),
    ],
)
def test_a_missing_page_is_an_error_that_names_the_command_for_it(
    finished: Workspace, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    workspace = Workspace(tmp_path / "data", finished.upstream)
    ended = workspace.command(*arguments)
    assert ended.returncode == 2 and message in ended.stderr
    assert not workspace.data.exists()
