"""The live view, on a terminal of its own: rows of running steps below the log lines."""

import fcntl
import os
import pty
import re
import struct
import sys
import termios
import time
from collections.abc import Iterator, Mapping

import pytest

from pipeline.history import view
from tests.conftest import HERE

SHELL = """
import subprocess, sys, time
code = subprocess.call([sys.executable, "-c", sys.argv[1]])
time.sleep(0.5)  # the terminal is closed when its first process ends
sys.exit(code % 256)
"""
STEPS = """
import os, signal, sys, time
from pipeline.history.view import close_view, open_view, print_above, send
open_view()
"""


def run(code: str, columns: int = 100, environment: Mapping[str, str] | None = None) -> tuple[bytes, int]:
    """What a Python program writes to a terminal of so many columns, and how it ended."""
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - ends as the program
        os.environ.update({"TERM": "xterm", "PYTHONPATH": str(HERE), **(environment or {})})
        fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execv(sys.executable, [sys.executable, "-c", SHELL, STEPS + code])
    written = b"".join(read_all(terminal))
    code_of_shell = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return written, code_of_shell if code_of_shell < 128 else code_of_shell - 256


def read_all(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux says so that the program has ended
            break
        if not part:
            break
        yield part
    os.close(terminal)


def frames(written: bytes) -> Iterator[list[str]]:
    """The lines of the screen after each piece that is written."""
    screen, row, column = [""], 0, 0
    for token in re.findall(r"\x1b\[\d*[A-Z]|\r|\n|[^\x1b\r\n]+", written.decode()):
        if token == "\r":
            column = 0
        elif token == "\n":
            row, screen = row + 1, [*screen, ""] if row + 1 == len(screen) else screen
        elif token == "\x1b[J":
            screen[row:] = [screen[row][:column]]
        elif token.startswith("\x1b"):
            row -= int(token[2:-1])
        else:
            screen[row] = screen[row][:column] + token + screen[row][column + len(token) :]
            column += len(token)
        yield [*screen]


def test_rows_are_below_the_lines_and_gone_at_the_end() -> None:
    written, code = run(
        """
send(step="2024-01 citibike: downloading")
send(step="2024-01 citibike: downloading", done=23_100_000, total=51_000_000, unit="B")
send(step="2024-01: building", done=14, total=143, unit="models and tests")
time.sleep(1.2)
print_above("02:14:07 2024-01 weather: downloaded 155 KB")
time.sleep(0.5)
send(step="2024-01 citibike: downloading", ended=True)
time.sleep(0.5)
close_view()
print("the end", file=sys.stderr)
"""
    )
    assert code == 0
    *_, below, _, _ = [frame for frame in frames(written) if len(frame) == 3 and frame[2]]
    assert below[0] == "02:14:07 2024-01 weather: downloaded 155 KB"
    assert re.fullmatch(r"   00:01  45% 2024-01 citibike: downloading  █\S+ *23.1M/51.0MB [\d.]+MB/s", below[1])
    assert re.fullmatch(r"   00:01  10% 2024-01: building *  █\S* *14 of 143 models and tests", below[2])
    last = [*frames(written)][-1]
    assert last == ["02:14:07 2024-01 weather: downloaded 155 KB", "the end", ""]


def test_rows_are_cut_to_a_narrow_terminal() -> None:
    written, _ = run(
        """
send(step="2024-01 citibike: downloading", done=23_100_000, total=51_000_000, unit="B")
send(step="2024-01: building the tables", done=14, total=143, unit="models and tests")
time.sleep(0.6)
""",
        columns=40,
    )
    rows = [line for frame in frames(written) for line in frame]
    assert any(line.startswith("   00:00  45% 2024-01 citibike: downloa") for line in rows)
    assert max(map(len, rows)) <= 39


def test_lines_of_any_length_are_printed_whole() -> None:
    written, _ = run("print_above('x' * 5000 + 'é' * 5000 + '\\nnext')\n")
    assert [*frames(written)][-1] == ["x" * 5000 + "é" * 5000, "next", ""]


def test_lines_of_several_processes_do_not_mix() -> None:
    written, _ = run(
        """
for letter in "abc":
    if os.fork() == 0:
        for _ in range(200):
            print_above(letter * 300)
        os._exit(0)
for _ in "abc":
    os.wait()
"""
    )
    lines = [*frames(written)][-1]
    assert sorted(lines) == sorted(["", *(letter * 300 for letter in "abc" for _ in range(200))])


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", -9),
        ("os.kill(os.getpid(), signal.SIGTERM)", -15),
        ("sys.exit(3)", 3),
        ("os.fork() or (time.sleep(1), os._exit(0))", 0),  # a process of the run that outlives it
    ],
)
def test_the_view_is_gone_however_the_run_ends(end: str, code: int) -> None:
    written, ended = run(f"send(step='a step')\ntime.sleep(0.5)\n{end}\n")
    assert ended == code and b"a step" in written
    assert [*frames(written)][-1] == [""]


def test_lines_are_printed_as_ever_where_the_view_was_killed() -> None:
    written, code = run(
        """
import multiprocessing
for child in multiprocessing.active_children():
    child.kill()
    child.join()
print(print_above("a line"), send(step="a step"))
"""
    )
    assert (code, written) == (0, b"False False\r\n")


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"MOBILITY_LOG_FORMAT": "json"}])
def test_there_is_no_view_where_lines_are_no_text_for_people(environment: dict[str, str]) -> None:
    written, _ = run("print(send(step='a step'))", environment=environment)
    assert written == b"False\r\n"


def test_there_is_no_view_without_a_terminal() -> None:
    view.open_view()
    assert not view.send(step="a step")


def test_a_step_of_unknown_size_shows_what_is_done() -> None:
    step = view.Step("downloading", "B", 1_500_000, began=time.monotonic() - 3)
    assert re.fullmatch(r"   00:03      downloading  1.50MB [\d.]+kB/s", step.row(100, 11))
    assert view.Step("converting", "%", 45, 100, time.monotonic()).row(80, 10) == "   00:00  45% converting"
    assert view.Step("asking", began=time.monotonic()).row(80, 10) == "   00:00      asking"
