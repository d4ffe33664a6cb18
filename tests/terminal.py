"""A command on a terminal of its own, as a person starts it."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

LONGEST_S = 120


@dataclass
class Terminal:
    """The terminal and the process that it controls."""

    handle: int
    process: subprocess.Popen[bytes]

    def read_until(self, text: str) -> str:
        """What is shown until the text is, or until the process has ended; an empty text stands for that."""
        shown = ""
        while not text or text not in shown:
            assert select.select([self.handle], [], [], LONGEST_S)[0], shown
            try:
                part = os.read(self.handle, 65536)
            except OSError:  # Linux says so that no process has the terminal any more
                break
            shown += part.decode(errors="replace")
        return shown

    def type(self, text: str) -> None:
        os.write(self.handle, text.encode())


@contextmanager
def on_terminal(
    command: Sequence[str], environment: Mapping[str, str] | None = None, columns: int = 80
) -> Iterator[Terminal]:
    """Starts the command. Its terminal controls it, so that Ctrl-C is a signal to it and to its child processes."""
    handle, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with subprocess.Popen(
        command,
        stdin=its,
        stdout=its,
        stderr=its,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - this process has no other thread
    ) as process:
        os.close(its)
        try:
            yield Terminal(handle, process)
        finally:
            os.close(handle)


def without_view(shown: str) -> list[str]:
    """The lines that stay on the screen: those of the live view begin with a clock without hours."""
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", shown)
    return [line for line in re.split(r"[\r\n]+", plain) if line.strip() and not re.match(r" *\d\d:\d\d +", line)]
