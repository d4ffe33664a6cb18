"""What a process took, and that none outlives the one that it works for."""

import gc
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.process import (
    control_groups,
    cores,
    memory_limits,
    memory_of_machine,
    no_garbage_collection,
    quotas,
)
from tests.conftest import HERE

STARTS = """
import subprocess, sys
from pipeline.process import die_with_parent
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], preexec_fn=die_with_parent)
print(child.pid, flush=True)
child.wait()
"""


PEAK = """
import subprocess, sys
from pipeline.process import Peak
assert len(bytearray(b"x") * 200_000_000) == 200_000_000  # held, and given back
after = Peak()
assert after.bytes < 200_000_000, after.bytes
held = bytearray(b"x") * 100_000_000
assert after.bytes > 100_000_000, after.bytes
del held
subprocess.run([sys.executable, "-c", "x = bytearray(b'x') * 600_000_000"], check=True)
assert after.bytes > 600_000_000, after.bytes
"""


def test_the_peak_is_what_was_held_since_it_was_asked_for_and_what_a_child_held() -> None:
    subprocess.run([sys.executable, "-c", PEAK], cwd=HERE, check=True)


def test_garbage_is_not_collected_in_the_block_and_is_collected_after_it_even_if_it_fails() -> None:
    with suppress(ZeroDivisionError), no_garbage_collection():
        assert not gc.isenabled()
        raise ZeroDivisionError
    assert gc.isenabled()


def test_the_memory_is_that_of_the_machine_or_of_a_control_group() -> None:
    assert 1e8 < memory_of_machine() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ("0::/system.slice/mobility.service\n", ["system.slice/mobility.service", "system.slice", ""]),
        ("8:pids:/\n4:memory:/docker/a:b\n1:name=systemd:/c\n", ["memory/docker/a:b", "memory/docker", "memory"]),
        ("5:memory,cpu:/x\n\n2:cpu\n", ["memory/x", "memory"]),
        ("", []),
    ],
)
def test_control_groups_are_that_of_the_process_and_those_that_it_is_in(
    tmp_path: Path, groups: str, expected: list[str]
) -> None:
    (tmp_path / "cgroup").write_text(groups)
    found = [*control_groups("memory", tmp_path / "cgroup")]
    assert found == [Path("/sys/fs/cgroup", one) for one in expected]
    assert [*control_groups("memory", tmp_path / "none")] == [*control_groups("memory", tmp_path)] == []


@pytest.mark.parametrize(
    ("files", "limits", "cores_of_group"),
    [
        ({"memory.max": "2147483648\n", "cpu.max": "150000 100000\n"}, [2**31], [2]),
        ({"memory.max": "max\n", "cpu.max": "max 100000\n"}, [], []),
        (
            {"memory.limit_in_bytes": "1024\n", "cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n"},
            [1024],
            [1],
        ),
        ({"cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"}, [], []),
        ({}, [], []),
    ],
)
def test_a_control_group_may_have_limits(
    tmp_path: Path, files: dict[str, str], limits: list[int], cores_of_group: list[int]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert (memory_limits(tmp_path), quotas(tmp_path)) == (limits, cores_of_group)
    assert 1 <= cores() <= len(os.sched_getaffinity(0))


def test_a_child_ends_with_a_parent_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", STARTS], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    return False


FORKS = """
import os, signal, time
from pipeline.process import interrupt_in_one_line
os.register_at_fork(before=lambda: None, after_in_parent=lambda: [signal.raise_signal(signal.SIGINT), time.sleep(0)])
interrupt_in_one_line()
try:
    if os.fork() == 0:
        os._exit(0)
    time.sleep(10)
except KeyboardInterrupt:
    print("interrupted")
"""


FORKED = """
import multiprocessing.util, os, signal
from pipeline.process import interrupt_in_one_line
interrupt_in_one_line()
multiprocessing.util._close_stdin = lambda: signal.raise_signal(signal.SIGINT)  # what a forked process does first
process = multiprocessing.get_context("fork").Process(target=print, args=("it ran",))
process.start()
process.join()
print(process.exitcode)
"""


def test_a_signal_to_a_process_that_has_just_been_forked_ends_it_in_silence() -> None:
    ended = subprocess.run([sys.executable, "-c", FORKED], cwd=HERE, text=True, capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == ("1\n", "")


def test_a_signal_while_a_process_is_forked_interrupts_after_it() -> None:
    ended = subprocess.run([sys.executable, "-c", FORKS], cwd=HERE, text=True, capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == ("interrupted\n", "")


def test_an_interruption_waits_for_the_end_of_the_block_and_python_ends_with_the_exit_code() -> None:
    program = """
import signal, sys
from pipeline.process import interrupted_later

try:
    with interrupted_later():
        exec("signal.raise_signal(signal.SIGINT); print('went on')")
    print("not reached")
except KeyboardInterrupt:
    sys.exit(130)
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=HERE, text=True, capture_output=True, check=False)
    assert (ended.stdout, ended.returncode) == ("went on\n", 130)
