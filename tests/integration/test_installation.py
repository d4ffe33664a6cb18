"""The installation of run.sh, where it fails."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.conftest import HERE

PYTHON = """#!/bin/sh
case "$1 $2" in
  "-m venv") mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
  "-m pip") echo "ERROR: the hashes do not match" >&2; exit 1 ;;
  *) exec python3 "$@" ;;
esac
"""
"""A Python whose pip can install nothing."""
ENDS_WITHIN_S = 30


def test_an_installation_that_fails_says_why_and_leaves_no_process(tmp_path: Path) -> None:
    """A process that was left would hold standard error open, and this test would wait for it."""
    shutil.copy(HERE / "run.sh", tmp_path)
    for lock in HERE.glob("requirements*.lock"):
        shutil.copy(lock, tmp_path)
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    ended = subprocess.run(
        [tmp_path / "run.sh", "status"],
        env=os.environ | {"PYTHON": str(python), "MOBILITY_DATA": str(tmp_path / "data")},
        text=True,
        capture_output=True,
        check=False,
        timeout=ENDS_WITHIN_S,
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == "ERROR: the hashes do not match"
    assert not (tmp_path / ".venv/installed").exists()


RECORDING_PYTHON = """#!/bin/sh
case "$1 $2" in
  "-m venv") mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
  "-m pip") echo "$*" >> "$(dirname "$0")/../../pip.txt" ;;
  "-m pipeline") exit 0 ;;
  *) exec python3 "$@" ;;
esac
"""
"""A Python whose pip writes down what it was asked to install."""


def test_an_extra_stays_installed_when_the_other_packages_change(tmp_path: Path) -> None:
    shutil.copy(HERE / "run.sh", tmp_path)
    for lock in HERE.glob("requirements*.lock"):
        (tmp_path / lock.name).write_text(f"{lock.name}\n")
    python = tmp_path / "python"
    python.write_text(RECORDING_PYTHON)
    python.chmod(0o755)

    def installed_by(*arguments: str) -> list[str]:
        """The lock files that the command installs, in order."""
        (tmp_path / "pip.txt").write_text("")
        subprocess.run(
            [tmp_path / "run.sh", *arguments],
            env=os.environ | {"PYTHON": str(python), "MOBILITY_DATA": str(tmp_path / "data")},
            capture_output=True,
            check=True,
            timeout=ENDS_WITHIN_S,
        )
        words = (tmp_path / "pip.txt").read_text().split()
        return [word for word in words if word.endswith(".lock")]

    build, program, s3 = (f"requirements{name}.lock" for name in ("-build", "", "-s3"))
    assert installed_by("status") == [build, program]
    assert installed_by("install", "s3") == [build, s3]
    assert installed_by("install", "s3") == installed_by("status") == []
    (tmp_path / program).write_text("another version\n")
    assert installed_by("status") == [build, program, s3]
    assert installed_by("status") == []


def test_an_unknown_extra_is_refused_in_one_line() -> None:
    ended = subprocess.run(
        [HERE / "run.sh", "install", "s4"], text=True, capture_output=True, check=False, timeout=ENDS_WITHIN_S
    )
    assert (ended.returncode, ended.stderr) == (2, "error: install s4: expected the name of an extra: s3 or spark\n")
