"""One run at a time in a data folder, with real processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.errors import AlreadyRunning, BadInput, NoSpace
from pipeline.lock import lock, seconds_to_wait
from tests.conftest import HERE

HOLDS = """
import sys, time
from pathlib import Path
from pipeline.lock import lock
print(lock(Path(sys.argv[1])), flush=True)
time.sleep(float(sys.argv[2]))
"""


@contextmanager
def holder(folder: Path, seconds: float = 60) -> Iterator[subprocess.Popen[str]]:
    """Another process that has locked the folder."""
    command = [sys.executable, "-c", HOLDS, str(folder), str(seconds)]
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "True\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_first_call_locks_the_folder_and_others_of_the_process_find_it_locked(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert lock(folder)
    assert not lock(folder)
    assert json.loads((folder / ".running.json").read_text())["pid"] == os.getpid()
    assert lock(tmp_path / "another")


def test_a_folder_locked_by_another_process_is_refused_with_its_id_and_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOBILITY_WAIT_S", raising=False)
    with holder(tmp_path) as other:
        with pytest.raises(AlreadyRunning, match=rf"process {other.pid} \(-c {tmp_path}.*\) works in {tmp_path}"):
            lock(tmp_path)
        (tmp_path / ".running.json").write_text("damaged")
        with pytest.raises(AlreadyRunning, match="another process works in"):
            lock(tmp_path)


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        other.send_signal(signal.SIGKILL)
        other.wait(timeout=30)
        assert lock(tmp_path)


def test_the_lock_is_waited_for_as_long_as_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_WAIT_S", "60")
    with holder(tmp_path, seconds=0.3):
        assert lock(tmp_path)


def test_a_wait_that_is_not_a_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_WAIT_S", "soon")
    with pytest.raises(BadInput, match="MOBILITY_WAIT_S 'soon': not a number of seconds"):
        seconds_to_wait()
    monkeypatch.setenv("MOBILITY_WAIT_S", "-1")
    assert seconds_to_wait() == 0


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(NoSpace, match=r"cannot be written \(.*\); make it writable, or choose another MOBILITY_DATA"):
        lock(tmp_path / "file/data")
