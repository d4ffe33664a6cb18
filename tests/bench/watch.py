"""What the processes of a tree use together, by samples of /proc: also those that nobody waits for, as Spark's."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

INTERVAL_S = 0.25
PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Used:
    """What has been used so far. A page that several processes share counts once (proportional set size)."""

    peak_mb: float = 0
    cpu_of: dict[int, float] = field(default_factory=dict)
    """CPU seconds by process id, as last seen."""
    before: float = 0

    @property
    def cpu(self) -> float:
        """CPU seconds since the watch began."""
        return sum(self.cpu_of.values()) - self.before

    def sample(self, root: int) -> None:
        """Adds what the process ``root``, unless it is this one, and its descendants use now."""
        processes = dict(filter(None, (parent_and_cpu(path) for path in PROC.glob("[0-9]*"))))
        found = {pid for pid in processes if is_within(pid, root, processes)} - {os.getpid()}
        self.cpu_of |= {pid: processes[pid][1] for pid in found}
        self.peak_mb = max(self.peak_mb, sum(map(memory_mb, found)))


@contextmanager
def watch(root: int) -> Iterator[Used]:
    """Watches a process and its descendants during the block; of this process the descendants alone."""
    used, ended = Used(), threading.Event()
    used.sample(root)
    used.before, used.peak_mb = used.cpu, 0

    def keep_watching() -> None:
        while not ended.wait(INTERVAL_S):
            used.sample(root)

    thread = threading.Thread(target=keep_watching, daemon=True)
    thread.start()
    try:
        yield used
    finally:
        ended.set()
        thread.join()


def parent_and_cpu(process: Path) -> tuple[int, tuple[int, float]] | None:
    """The process's id, with that of its parent and its own CPU seconds; None where it has ended."""
    with suppress(OSError):
        fields = (process / "stat").read_text().rpartition(")")[2].split()  # its name may have blanks
        return int(process.name), (int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS)
    return None


def is_within(pid: int, root: int, processes: dict[int, tuple[int, float]]) -> bool:
    """Whether the process is ``root``, or descends from it."""
    while pid in processes and pid != root:
        pid = processes[pid][0]
    return pid == root


def memory_mb(pid: int) -> float:
    """The proportional set size of a process; 0 where it has ended."""
    with suppress(OSError):
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1e3
    return 0
