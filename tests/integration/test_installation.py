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
