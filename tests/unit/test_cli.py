"""The command line: its verbs, what it refuses, and the exit codes of errors."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.errors import AlreadyRunning, BadInput, MobilityError, MonthRejected, NoSpace, Unreachable
from tests.terminal import on_terminal


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MOBILITY_SOURCES", "")  # --sources sets it
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["forget", "2024-13"], "month '2024-13': not a month"),
        (["forget", "2999-01"], "month 2999-01: is in the future"),
        (["forget", "2024-01", "--source", "yelow"], "source 'yelow': not known"),
        (["accept", "2024-1", "--reason", "fine"], "month '2024-1': not a month"),
        (["report", "2024-01"], "month 2024-01: not published"),
        (["metrics", "list", "metrics"], "no month is in"),
        (["serve"], "no page is in"),
        (["catchup", "--start", "never"], "month 'never': not a month"),
    ],
)
def test_bad_input_is_one_line_with_exit_code_2_and_writes_nothing(
    arguments: list[str], message: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(f"error: {message}")
    assert (printed.err.count("\n"), printed.out) == (1, "")
    assert not data.exists()


def test_a_full_disk_is_one_line(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(data / "a"))

    monkeypatch.setattr("pipeline.operations.status.table", fail)
    assert cli.main(["status"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {data}/a: cannot be written (No space left on device); the disk")


@pytest.mark.parametrize(
    ("error", "code"),
    [(BadInput, 2), (NoSpace, 2), (AlreadyRunning, 10), (Unreachable, 30), (MonthRejected, 30)],
)
def test_each_kind_of_error_has_its_exit_code(
    error: type[MobilityError], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        raise error("what to do")

    monkeypatch.setattr("pipeline.operations.status.table", fail)
    assert cli.main(["status"]) == code
    assert capsys.readouterr().err == "error: what to do\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["statsu"], "No such command 'statsu'. Did you mean 'status'?"),
        (["status", "--workers", "3"], "No such option '--workers'"),
        (
            ["month", "2024-01", "--workers", "two"],
            "Invalid value for '--workers': 'two': expected a whole number from 1",
        ),
        (
            ["month", "2024-01", "--workers=0"],
            "Invalid value for '--workers': '0': expected a whole number from 1 to 64",
        ),
        (["refresh", "--months", "0"], "Invalid value for '--months': '0': expected a whole number from 1 on"),
        (["month", "2024-01", "--sources", "citybike"], "source 'citybike': not known; did you mean citibike or"),
        (["moth"], "No such command 'moth'. Did you mean 'month'?"),
        (["month", "2024-01", "--wrokers", "2"], "--wrokers: unknown option; did you mean --workers?"),
        (["month"], "Missing argument 'YYYY-MM'; ./run.sh month --help says more\n"),
        (["completion"], "Missing argument '{bash|zsh|fish}'. Choose from: bash, zsh, fish; "),
        (["accept", "2024-01"], "Missing option '--reason'"),
    ],
)
def test_a_wrong_command_line_is_one_line_with_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(f"error: {message}")
    assert (printed.err.count("\n"), printed.out) == (1, "")


def test_without_a_verb_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "Build one month" in capsys.readouterr().err


def test_status_of_an_empty_data_folder_names_the_first_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status"]) == 0
    assert "./run.sh demo" in capsys.readouterr().out
    assert cli.main(["status", "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"


@pytest.mark.parametrize(
    "arguments", [["--demo", "status"], ["status", "--demo"], ["--demo", "status", "--demo"]], ids=str
)
def test_demo_before_or_after_the_verb_chooses_the_demos_data(
    arguments: list[str], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"error: --demo: no demo is in {data}/demo yet")
    (data / "demo/upstream").mkdir(parents=True)
    assert cli.main(arguments) == 0
    assert f"no month is stored in {data}/demo;" in capsys.readouterr().out
    assert cli.main(["status"]) == 0
    assert f"no month is stored in {data}; ./run.sh status --demo shows the demo's" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["metrics", "dbt"])
def test_demo_is_not_passed_on_to_other_programs(verb: str, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([verb, "list", "--demo"]) == 2
    assert capsys.readouterr().err.startswith("error: --demo: no demo is in")


@pytest.mark.parametrize("verb", ["demo", "install-units", "completion"])
def test_verbs_that_read_no_data_have_no_demo(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([verb, "--help"]) == 0
    assert "--demo" not in capsys.readouterr().out


def test_verify_of_an_empty_data_folder_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify"]) == 0
    assert capsys.readouterr().out == "all receipts agree with the files and the warehouse\n"


@pytest.mark.parametrize("verb", cli.commands.commands)
def test_every_verb_shows_its_help_for_a_narrow_terminal(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    assert shown.startswith(f"Usage: ./run.sh {verb} ") and "--help" in shown


def test_an_interrupted_verb_ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.operations.status.table", interrupt)
    monkeypatch.setattr("pipeline.lock._locked", {})  # by verbs of other tests
    assert cli.main(["status"]) == 130
    assert capsys.readouterr().err.split() == ["interrupted"]


VERBS_THAT_PRINT = (
    *(
        ["--help"],
        ["forget", "--help"],
        ["status"],
        ["status", "--json"],
        ["verify"],
        ["config"],
        ["completion", "bash"],
    ),
    ["docs"],
)


@pytest.mark.parametrize("arguments", VERBS_THAT_PRINT, ids=" ".join)
def test_a_closed_pipe_ends_a_verb_in_silence(arguments: list[str], data: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "pipeline", *arguments]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("", 1), ("\x03", 130)], ids=["no", "enter", "Ctrl-C"])
def test_forget_that_is_not_confirmed_says_that_nothing_was_deleted(answer: str, code: int, data: Path) -> None:
    receipt = data / "landing/citibike/2024-01.json"
    receipt.parent.mkdir(parents=True)
    receipt.write_text("{}")
    with on_terminal([sys.executable, "-m", "pipeline", "forget", "2024-01"]) as terminal:
        shown = terminal.read_until("[y/N]: ")
        time.sleep(0.3)  # a signal between the prompt and the read that follows it would not end the read
        terminal.type(answer if answer == "\x03" else f"{answer}\n")
        shown += terminal.read_until("")
    assert terminal.process.returncode == code
    assert shown.count("nothing was deleted") == 1
    assert receipt.exists() and "resumes" not in shown and "Aborted" not in shown


def test_run_sh_has_every_verb_in_its_help() -> None:
    help_text = (Path(cli.__file__).parents[1] / "run.sh").read_text().split("TEXT")[1]
    assert [verb for verb in cli.commands.commands if f"./run.sh {verb} " not in help_text] == []
    assert [line for line in help_text.splitlines() if len(line) > 80] == []
