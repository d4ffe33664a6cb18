"""Luigi's command line in this process, its exit codes, and where luigid listens."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest
from luigi.interface import PidLockAlreadyTakenExit

from pipeline.errors import AlreadyRunning, BadFile, BadInput, MobilityError, NoSpace
from pipeline.tasks.scheduler import USAGE, end_in_one_line, exit_on_error, luigid_address, report_interruption
from tests.conftest import HERE

RUNS = "import sys; from pipeline.tasks.scheduler import run_luigi; sys.exit(run_luigi(sys.argv[1:]))"


def fail(error: Exception) -> None:
    raise error


def test_without_an_error_the_result_of_the_function_is_returned() -> None:
    assert exit_on_error(divmod, 7, 2) == (3, 1)


@pytest.mark.parametrize("kind", [BadInput, NoSpace])
def test_an_error_of_the_users_ends_the_process_with_one_line(
    kind: type[MobilityError], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        exit_on_error(fail, kind("what to do"))
    assert (ended.value.code, capsys.readouterr().err) == (USAGE, "error: what to do\n")


def test_an_error_of_the_disk_ends_the_process_with_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        exit_on_error(fail, OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "a")))
    assert ended.value.code == USAGE
    assert capsys.readouterr().err.startswith(f"error: {tmp_path}/a: cannot be written (No space left on device); ")


def test_a_locked_data_folder_ends_the_process_as_luigis_own_lock_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PidLockAlreadyTakenExit):
        exit_on_error(fail, AlreadyRunning("wait for it"))
    assert capsys.readouterr().err == "error: wait for it\n"


def test_other_errors_are_raised() -> None:
    with pytest.raises(BadFile):
        exit_on_error(fail, BadFile("no zip"))


def test_luigi_run_in_this_process_returns_its_exit_code(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RUNS, "--module", "pipeline", "RunMonth", "--month", "2024-13"]
    environment = {"MOBILITY_DATA": str(tmp_path), "PYTHONPATH": str(HERE)}
    ended = subprocess.run(command, cwd=HERE, env=environment, text=True, capture_output=True, check=False)
    assert ended.returncode == USAGE
    assert ended.stderr.startswith("error: month '2024-13': not a month")


def test_luigid_is_used_only_where_the_environment_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOBILITY_SCHEDULER", raising=False)
    assert luigid_address() is None
    monkeypatch.setenv("MOBILITY_SCHEDULER", "luigid")
    assert luigid_address() == ("127.0.0.1", 8082)
    monkeypatch.setenv("MOBILITY_SCHEDULER", "airflow")
    with pytest.raises(BadInput, match="MOBILITY_SCHEDULER 'airflow': must be luigid or local"):
        luigid_address()


def test_ctrl_c_ends_with_one_line_and_another_exception_with_its_stack_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.lock._locked", {})  # by other tests
    end_in_one_line(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().err == "interrupted\n"
    end_in_one_line(ValueError, ValueError("x"), None)
    assert capsys.readouterr().err == "ValueError: x\n"


def test_a_command_that_has_locked_a_data_folder_resumes_after_ctrl_c(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.lock._locked", {tmp_path: None})
    report_interruption()
    assert capsys.readouterr().err == "interrupted; the same command resumes where it stopped\n"
