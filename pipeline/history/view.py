"""The live view of a run on a terminal: a row for each step that is going on, below the log lines.

A process of its own draws it, so that a step that computes for minutes, or a scheduler that waits, does not stop its
clock. All processes of the run write to it by one pipe. When the last of them has ended, however it ended, the pipe
ends, and the view erases its rows.
"""

import atexit
import json
import multiprocessing
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from typing import Any

SECONDS_BETWEEN_FRAMES = 0.25
SECONDS_TO_END = 2
LONGEST_TEXT = 600
"""Characters of a message: a pipe takes 4096 bytes in one piece, and JSON writes a character in up to six."""
WIDE = 90
"""Columns from which on a row has a bar beside its percentage."""
ERASE = "\x1b[J"
"""From the cursor to the end of the screen."""


@dataclass
class _Open:
    """The end of the pipe that this process and its children write to, and the process that draws."""

    pipe: int = -1
    process: BaseProcess | None = None
    opened_by: int = 0


_view = _Open()


def open_view() -> None:
    """Starts the view where standard error is a terminal for people, once in a run and by its first process."""
    if _view.process or multiprocessing.parent_process() or not is_for_people():
        return
    read, _view.pipe = os.pipe()
    _view.process = multiprocessing.get_context("fork").Process(target=show, args=(read, _view.pipe), daemon=True)
    _view.process.start()
    _view.opened_by = os.getpid()
    os.close(read)
    atexit.register(close_view)


def is_for_people() -> bool:
    """Whether standard error is a terminal that can move its cursor, and lines are no JSON."""
    is_json = os.environ.get("MOBILITY_LOG_FORMAT") == "json"
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb" and not is_json


def terminal_columns() -> int:
    """How wide the terminal is, 0 where lines are not for people at one."""
    try:
        return os.get_terminal_size(2).columns if is_for_people() else 0
    except OSError:
        return 0


def close_view() -> None:
    """Erases the view, and ends its process. Only the process that opened it does."""
    if _view.process and _view.opened_by == os.getpid():
        send(close=True)  # other processes of the run may live on for a moment and hold the pipe
        pipe, process, _view.pipe, _view.process = _view.pipe, _view.process, -1, None
        if pipe >= 0:
            os.close(pipe)
        process.join(SECONDS_TO_END)
        process.terminate()
        process.join()


def send(**facts: Any) -> bool:
    """Sends facts to the view. Returns whether there is one."""
    if _view.pipe < 0:
        return False
    try:
        os.write(_view.pipe, json.dumps(facts).encode() + b"\n")
    except OSError:  # the view was killed
        _view.pipe = -1
        return False
    return True


def print_above(text: str) -> bool:
    """Prints lines above the rows. Returns whether there is a view."""
    return all(send(text=piece) for line in text.split("\n") for piece in pieces_of(f"{line}\n"))


def pieces_of(text: str) -> Iterator[str]:
    return (text[start : start + LONGEST_TEXT] for start in range(0, len(text), LONGEST_TEXT))


@dataclass
class Step:
    """A row: how much of a step is done; ``total`` is 0 where it is unknown, and ``unit`` B stands for bytes."""

    title: str
    unit: str = ""
    done: int = 0
    total: int = 0
    began: float = field(default_factory=time.monotonic)

    def row(self, columns: int, width: int) -> str:
        """The row, cut to the columns of the terminal."""
        from tqdm import tqdm

        seconds, unit = time.monotonic() - self.began, self.unit
        bar = "{bar:12} " if self.total and columns >= WIDE else ""
        parts = {"": "", "%": f"  {bar}", "B": f"  {bar}{{n_fmt}}{'/{total_fmt}' * (self.total > 0)}B {{rate_fmt}}"}
        counted = f"  {bar}{{n_fmt}} of {{total_fmt}} {unit}"
        percent = f"{100 * self.done / self.total:.0f}%" if self.done and self.total else ""
        row = tqdm.format_meter(
            self.done,
            self.total or None,  # type: ignore[arg-type]  # None stands for unknown
            seconds,
            ncols=columns - 1,
            prefix=f"{tqdm.format_interval(int(seconds)):>8} {percent:>4} {self.title:{width}}",
            unit=unit,
            unit_scale=unit == "B",
            bar_format=f"{{desc}}{parts.get(unit, counted) if self.done else ''}",
        )
        return row.rstrip()


def show(pipe: int, writing_end: int) -> None:
    """Draws what arrives by the pipe, until the pipe ends or a message closes the view."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, whose end ends the pipe
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    os.close(writing_end)
    drawn: list[str] = []
    try:
        for above, steps in frames(pipe):
            drawn = draw(above, steps, drawn)
    finally:
        draw("", [], drawn)


def frames(pipe: int) -> Iterator[tuple[str, list[Step]]]:
    """What is to be printed above the rows, and the steps of the rows; at least four times a second."""
    steps: dict[str, Step] = {}
    buffer, above = b"", ""
    while True:
        if select.select([pipe], [], [], SECONDS_BETWEEN_FRAMES)[0]:
            received = os.read(pipe, 65536)
            *lines, buffer = (buffer + received).split(b"\n")
            messages = [json.loads(line) for line in lines]
            above += "".join(apply(message, steps) for message in messages)
            if not received or any("close" in message for message in messages):
                yield above, []
                return
        complete, newline, above = above.rpartition("\n")
        yield complete + newline, [*steps.values()]


def apply(message: dict[str, Any], steps: dict[str, Step]) -> str:
    """Changes the steps as the message says, and returns the text that is to be printed above them."""
    title = message.get("step", "")
    if message.get("ended"):
        steps.pop(title, None)
    elif title:
        step = steps.setdefault(title, Step(title))
        step.done, step.total = message.get("done", step.done), message.get("total", step.total)
        step.unit = message.get("unit", step.unit)
    return str(message.get("text", ""))


def draw(above: str, steps: list[Step], drawn: list[str]) -> list[str]:
    """Erases the rows that are drawn, prints the lines above them, and draws the rows of the steps; returns these."""
    columns, lines = 80, 24
    with suppress(OSError):  # no terminal any more
        columns, lines = os.get_terminal_size(2)
    width = min(max((len(step.title) for step in steps), default=0), columns // 2)
    rows = [step.row(columns, width) for step in steps][: max(1, lines - 1)]
    if above or rows != drawn:
        # A terminal that was made narrower has wrapped the rows.
        up = sum(1 + max(0, len(row) - 1) // max(1, columns) for row in drawn) - 1
        with suppress(OSError):
            os.write(2, "".join(["\r", f"\x1b[{up}A" * (up > 0), ERASE, above, "\n".join(rows)]).encode())
    return rows
