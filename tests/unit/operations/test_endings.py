"""How a command ends; tests/unit/test_cli.py has what each error prints."""

from typing import NoReturn

import click
import pytest

from pipeline.errors import WarehouseBusy
from pipeline.operations.endings import exit_code


def failing(error: BaseException) -> NoReturn:
    raise error


def test_the_code_of_a_command_is_its_own() -> None:
    assert exit_code(lambda: 20) == 20


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (WarehouseBusy("wait for it"), 30, "error: wait for it"),
        (click.UsageError("no such verb"), 2, "error: no such verb"),
        (click.Abort(), 130, "interrupted"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
    ids=str,
)
def test_an_error_is_one_line(
    error: BaseException,
    code: int,
    line: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.lock._locked", {})  # by verbs of other tests
    assert exit_code(lambda: failing(error)) == code
    assert capsys.readouterr().err == f"{line}\n"


def test_an_error_of_the_program_is_raised() -> None:
    with pytest.raises(OSError, match="no such thing"):
        exit_code(lambda: failing(OSError(2, "no such thing", "/elsewhere")))
