"""Ctrl-C, and the signal to the run's process alone, in each step of a run."""

import os
import signal
import sys
from collections.abc import Callable

import pytest

from tests.conftest import Workspace
from tests.terminal import on_terminal, without_view

STEPS = (
    "downloading",
    "converting",
    "building the tables",
    "checking by Great",
    "computing the metrics",
    "writing pages",
)


@pytest.mark.parametrize(
    ("steps", "is_alone"),
    [
        pytest.param(("downloading", "building the tables"), (False, True), id="two"),
        pytest.param(STEPS, (False, True), id="by turns", marks=pytest.mark.long),
        pytest.param(STEPS, (True, False), id="the other way", marks=pytest.mark.long),
    ],
)
def test_an_interrupted_run_ends_in_one_line_and_the_same_command_resumes(
    workspace: Workspace,
    with_project_files: Callable[[Workspace], Workspace],
    steps: tuple[str, ...],
    is_alone: tuple[bool, bool],
) -> None:
    with_project_files(workspace)
    command = [sys.executable, "-m", "pipeline", "month", "2024-01", "--sources", "citibike", "--workers", "2"]
    for number, step in enumerate(steps):
        with on_terminal(command, workspace.variables | {"TERM": "xterm"}) as terminal:
            terminal.read_until(step)
            if is_alone[number % 2]:
                os.kill(terminal.process.pid, signal.SIGINT)
            else:
                terminal.type("\x03")
            lines = without_view(terminal.read_until(""))
        own = [line for line in lines if not line[:2].isdigit() and line != "^C"]
        assert own == ["interrupted; the same command resumes where it stopped"], f"{step}: {lines}"
        assert terminal.process.returncode == 130
    assert workspace.run("python", *command[1:]).returncode == 0
    assert workspace.command("verify").returncode == 0
