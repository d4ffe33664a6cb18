"""The demo's last lines; tests/integration/test_readme.py runs all of it, and the commands of these lines."""

import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from luigi import configuration

from pipeline.errors import AlreadyRunning, NoSpace
from pipeline.operations.demo import commands, demo, generate_files, where_to_look


def test_the_last_lines_name_the_demos_folder_once_and_are_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    first, *lines = where_to_look().splitlines()
    assert first == f"data      {tmp_path}/demo"
    assert [line for line in lines if len(line) > 100 and str(tmp_path) not in line] == []


def test_commands_for_the_usual_folder_need_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOBILITY_DATA", raising=False)
    assert [line.split()[0] for line in commands().splitlines()] == ["./run.sh"] * 6


def test_commands_for_another_folder_name_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_DATA", f"{tmp_path}/my data")
    first, *others = [shlex.split(line, comments=True) for line in commands().splitlines()]
    assert first == ["export", f"MOBILITY_DATA={tmp_path}/my data"]
    assert [line[0] for line in others] == ["./run.sh"] * 6


def test_an_interrupted_demo_leaves_no_files_that_are_not_whole(tmp_path: Path) -> None:
    folder = tmp_path / "upstream"
    code = "import sys; from pathlib import Path; from pipeline.operations.demo import generate_files as run"
    command = [sys.executable, "-c", f"{code}; run(Path(sys.argv[1]))", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not [*tmp_path.rglob("*.parquet")]:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
    assert process.returncode != 0
    assert not folder.exists()
    for _ in range(2):
        generate_files(folder)
    assert (folder / "manifest.json").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["upstream"]


def test_a_demo_generates_nothing_where_less_is_free_than_a_run_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    config = configuration.get_config()  # type: ignore[no-untyped-call]
    before = config.get("mobility", "least_free_gb")
    config.set("mobility", "least_free_gb", "1000000000")
    try:
        with pytest.raises(NoSpace, match=r"/demo: .* GB are free, a run needs 1000000000\.0 GB"):
            demo([])
    finally:
        config.set("mobility", "least_free_gb", before)
    assert not (tmp_path / "demo/upstream").exists()


def test_a_demo_beside_another_one_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_WAIT_S", "0")
    code = "import time; from pipeline.lock import lock; from pipeline.operations.demo_data import demo_folder as of"
    command = [sys.executable, "-c", f"{code}; lock(of()); print(flush=True); time.sleep(60)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline()
        with pytest.raises(AlreadyRunning):
            demo([])
        process.kill()
    assert not (tmp_path / "demo/upstream").exists()
