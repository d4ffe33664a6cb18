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

from pipeline.errors import AlreadyRunning, BadInput, NoSpace, WarehouseBusy
from pipeline.lock import lock, locked, seconds_to_wait
from tests.conftest import HERE

HOLDS = """
import sys, time
from pathlib import Path
from pipeline.lock import lock
print(lock(Path(sys.argv[1]), is_shared=len(sys.argv) > 3), flush=True)
time.sleep(float(sys.argv[2]))
"""


@contextmanager
def holder(folder: Path, seconds: float = 60, *shared: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has locked the folder."""
    command = [sys.executable, "-c", HOLDS, str(folder), str(seconds), *shared]
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


def test_shared_locks_exclude_others_only(tmp_path: Path) -> None:
    with holder(tmp_path, 60, "shared"):
        with pytest.raises(AlreadyRunning):
            lock(tmp_path)
        assert lock(tmp_path, is_shared=True)
    with holder(tmp_path / "alone"), pytest.raises(AlreadyRunning):
        lock(tmp_path / "alone", is_shared=True)


def test_a_process_of_another_machine_is_named_with_it(tmp_path: Path) -> None:
    with holder(tmp_path):
        (tmp_path / ".running.json").write_text('{"pid": 7, "command": "luigi", "host": "another"}')
        with pytest.raises(AlreadyRunning, match=r"process 7 \(luigi\) of another works in"):
            lock(tmp_path)


def test_a_file_is_locked_for_the_time_of_a_block(tmp_path: Path) -> None:
    path = tmp_path / "new/some.lock"
    with (
        locked(path, 0, "works"),
        pytest.raises(WarehouseBusy, match="another process works"),
        locked(path, 0, "works"),
    ):
        pass
    with locked(path, 0, "works"):
        pass


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
