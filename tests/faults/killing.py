"""Runs a command and kills it with SIGKILL at a given moment.

``python -m tests.faults.killing EVENT NTH FD luigi|pipeline ARGUMENTS`` runs the command in this process and writes a
line to the file descriptor when the event occurs for the n-th time, in this process or in one that it forked. The
function ``killed`` starts that, waits for the line and for the delay, and kills. The product needs no hooks for it.
"""

import contextlib
import json
import multiprocessing
import os
import runpy
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import HERE, LONGEST_S, Workspace

START, DBT, FILE = "start", "dbt", "file"
"""Events beside the names of tasks: the command begins, it starts dbt, it renames or deletes something in the data
folder."""
STEPS = ("Download", "Convert", "Load", DBT, "Judge", "Publish", "Measure", "Explore", "Report")
"""The steps of a month at which it is killed."""
TREE, MAIN = "tree", "main"
Command = tuple[str, ...]
"""``luigi`` or ``pipeline``, and its arguments."""
CHANGES = {"os.rename", "os.remove", "shutil.rmtree"}
"""Audit events (https://docs.python.org/3/library/audit_events.html) of a FILE. Before one, the process stops until it
is killed."""
GONE_S = 120
"""Until the processes of a killed command must have ended."""


@dataclass(frozen=True)
class Kill:
    """``delay`` seconds after the ``nth`` event, of the whole process tree or of the main process alone.

    A delay after a FILE has no effect: the process waits for its end before that change.
    """

    event: str
    victim: str = TREE
    nth: int = 1
    delay: float = 0

    def __str__(self) -> str:
        return f"{self.victim}, {self.delay:.2f} s after {self.event} {self.nth}"


def luigi(*words: str) -> Command:
    return ("luigi", "--module", "pipeline", *words, "--workers", "2", "--local-scheduler")


def run_of(month: str) -> Command:
    return luigi("RunMonth", "--month", month)


def verb(*words: str) -> Command:
    return ("pipeline", *words)


def run(workspace: Workspace, command: Command, code: int = 0) -> str:
    """Runs the command undisturbed; returns what it printed. Raises AssertionError for another exit code."""
    program, *arguments = command
    ended = workspace.run(program, *arguments) if program == "luigi" else workspace.command(*arguments)
    assert ended.returncode == code, f"{' '.join(command)}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
    return ended.stdout + ended.stderr


def seconds_of_steps(data: Path) -> dict[str, float]:
    """What the longest task of each name took, by the history of runs."""
    taken = dict[str, float]()
    for history in (data / "runs").glob("*.jsonl"):
        for line in map(json.loads, history.read_text().splitlines()):
            taken[line["task"]] = max(line["seconds"], taken.get(line["task"], 0))
    return taken | {DBT: taken["Transform"]}


def killed(workspace: Workspace, kill: Kill, command: Command) -> bool:
    """Runs the command until it is killed; returns whether it was, or had ended by itself before.

    What it printed is in ``killed.log`` beside the data folder. Raises AssertionError where any of its processes lives
    on after it.
    """
    reader, writer = os.pipe()
    arguments = [kill.event, str(kill.nth), str(writer), *command]
    with (workspace.data.parent / "killed.log").open("w") as log, os.fdopen(reader) as events:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.killing", *arguments],
            cwd=HERE,
            env=workspace.variables,
            stdout=log,
            stderr=log,
            pass_fds=[writer],
            start_new_session=True,
        )
        os.close(writer)
        occurred, _, _ = select.select([events], [], [], LONGEST_S)
        with contextlib.suppress(subprocess.TimeoutExpired):
            if occurred and events.readline():
                process.wait(kill.delay)
        with contextlib.suppress(ProcessLookupError):
            process.kill() if kill.victim == MAIN else os.killpg(process.pid, signal.SIGKILL)
        ended = process.wait()
    left = wait_for_end(process.pid)
    assert occurred, f"{' '.join(command)}: took more than {LONGEST_S} s"
    assert not left, f"{kill}: {', '.join(left)} lived on for {GONE_S} s"
    return ended == -signal.SIGKILL


def wait_for_end(group: int) -> list[str]:
    """Waits for the processes of the group to end; kills and returns those that do not."""
    until = time.monotonic() + GONE_S
    while (left := list(processes(group))) and time.monotonic() < until:
        time.sleep(0.02)
    if left:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    return left


def processes(group: int) -> Iterator[str]:
    """The command lines of the group's processes, without those that have ended and that nobody has waited for."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            state, _, own_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(own_group) == group and state not in "ZX":
                yield (folder / "cmdline").read_text().replace("\0", " ") or folder.name


class Countdown:
    """Counts events in this process and in those that it forks."""

    def __init__(self, nth: int, descriptor: int) -> None:
        self.left = multiprocessing.Value("i", nth)
        self.descriptor = descriptor

    def count(self) -> bool:
        """Whether this is the n-th event; reports it if so."""
        with self.left.get_lock():
            self.left.value -= 1
            is_last = bool(self.left.value == 0)
        if is_last:
            os.write(self.descriptor, b"occurred\n")
        return is_last


def watch(event: str, countdown: Countdown) -> None:
    if event == START:
        countdown.count()
    elif event in {DBT, FILE}:
        sys.addaudithook(dbt_hook(countdown) if event == DBT else file_hook(countdown))
    else:
        import luigi

        @luigi.Task.event_handler(luigi.Event.START)  # type: ignore[no-untyped-call, untyped-decorator]
        def started(task: luigi.Task) -> None:
            if task.task_family == event:
                countdown.count()


def dbt_hook(countdown: Countdown) -> Any:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen" and any("dbt_process" in str(part) for part in arguments[1]):
            countdown.count()

    return hook


def file_hook(countdown: Countdown) -> Any:
    data = f"{os.environ['MOBILITY_DATA']}/"
    apart = tuple(f"{data}{folder}/" for folder in ("dbt", "runs", "logs", "reports/quality"))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES:
            path = os.fsdecode(arguments[0])
            if path.startswith(data) and not path.startswith(apart) and countdown.count():
                signal.pause()

    return hook


def main(event: str, nth: str, descriptor: str, program: str, *arguments: str) -> None:
    watch(event, Countdown(int(nth), int(descriptor)))
    sys.argv = [program, *arguments]
    if program == "luigi":
        from luigi.cmdline import luigi_run

        luigi_run()  # type: ignore[no-untyped-call]
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
