"""The command line: its verbs, what it refuses, and the exit codes of errors."""

import argparse
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.errors import AlreadyRunning, BadInput, MobilityError, MonthRejected, NoSpace, Unreachable


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
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


@pytest.mark.parametrize(
    ("error", "code"),
    [(BadInput, 2), (NoSpace, 2), (AlreadyRunning, 10), (Unreachable, 30), (MonthRejected, 30)],
)
def test_each_kind_of_error_has_its_exit_code(
    error: type[MobilityError], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        raise error("what to do")

    monkeypatch.setattr(cli, "status", fail)
    assert cli.main(["status"]) == code
    assert capsys.readouterr().err == "error: what to do\n"


def test_options_of_luigi_are_taken_by_the_verbs_that_run_luigi_alone(capsys: pytest.CaptureFixture[str]) -> None:
    options = cli.parser().parse_known_args(["month", "2024-01", "--workers", "3"])[1]
    assert options == ["--workers", "3"]
    with pytest.raises(SystemExit) as ended:
        cli.main(["status", "--workers", "3"])
    assert ended.value.code == 2
    assert "unrecognized arguments: --workers 3" in capsys.readouterr().err


def test_status_of_an_empty_data_folder_names_the_first_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status"]) == 0
    assert "./run.sh demo" in capsys.readouterr().out
    assert cli.main(["status", "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"


def test_verify_of_an_empty_data_folder_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify"]) == 0
    assert capsys.readouterr().out == "all receipts agree with the files and the warehouse\n"


def test_every_verb_has_a_line_of_help() -> None:
    [verbs] = [action for action in cli.parser()._actions if isinstance(action, argparse._SubParsersAction)]
    assert {choice.dest for choice in verbs._choices_actions if choice.help} == set(verbs.choices)
