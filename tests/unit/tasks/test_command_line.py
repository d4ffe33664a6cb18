"""What Luigi's command line refuses, in one line."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.tasks.command_line import complaint
from tests.conftest import HERE

MONTH = ("RunMonth", "--month", "2024-01")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*MONTH, "--workers", "two"), "--workers: 'two': expected a whole number"),
        ((*MONTH, "--worker-ping-interval=often"), "--worker-ping-interval: 'often': expected a number"),
        ((*MONTH, "--log-level", "LOUD"), "--log-level: 'LOUD': not valid (LOUD is not a valid choice from "),
        ((*MONTH, "--wrkers", "2"), "--wrkers: unknown option; did you mean --workers?"),
        (("RunMonth", "--mnth=2024-01"), "--mnth: unknown option; did you mean --month?"),
        ((*MONTH, "--quux"), "--quux: unknown option"),
        ((*MONTH, "again"), "again: unexpected argument"),
        (("RunMont", "--month", "2024-01"), "task: 'RunMont': not a task; did you mean RunMonth?"),
        (("RangeMonthly", "--of", "RunMonht"), "--of: 'RunMonht': not a task; did you mean RunMonth?"),
        (("Quux",), "task: 'Quux': not a task"),
        (("RunMonth",), "RunMonth: needs --month"),
    ],
)
def test_a_wrong_option_or_value_is_one_line_with_exit_code_2(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    command = [str(Path(sys.executable).with_name("luigi")), "--module", "pipeline", *arguments, "--local-scheduler"]
    environment = {"MOBILITY_DATA": str(tmp_path / "data"), "PYTHONPATH": str(HERE)}
    ended = subprocess.run(command, cwd=HERE, env=environment, text=True, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert ended.stderr.startswith(f"error: {message}")
    assert not (tmp_path / "data").exists()


def test_the_begin_of_several_options_is_an_unknown_one() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers")
    message = "ambiguous option: --worker=2 could match --workers, --worker-id"
    assert complaint(message, parser) == "--worker: unknown option; did you mean --workers?"
