"""The audit of pinned packages, as CI runs it, without the look-up itself: that needs the network."""

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import HERE

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
OPTIONS = (
    "--require-hashes --disable-pip --strict --progress-spinner off --requirement requirements-dev.lock "
    "--requirement requirements.lock"
)


def audit(folder: Path, exceptions: str) -> subprocess.CompletedProcess[str]:
    """Run the script with these exceptions; it prints the options that pip-audit gets."""
    (folder / ".ci").mkdir()
    shutil.copy(HERE / ".ci/audit", folder / ".ci/audit")
    (folder / ".ci/audit-exceptions.txt").write_text(exceptions)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (folder / lock).touch()
    command = [str(folder / ".ci/audit"), "--dry-run"]
    environment = {"PIP_AUDIT": "echo", "PATH": os.environ["PATH"]}
    return subprocess.run(command, env=environment, text=True, capture_output=True, check=False)


def test_a_vulnerability_is_ignored_until_its_date(tmp_path: Path) -> None:
    ended = audit(
        tmp_path, f"# a comment\n\nPYSEC-2026-1  {datetime.now(UTC).date()}  not used\nGHSA-x 2999-01-01 no fix yet\n"
    )
    assert ended.stdout == f"{OPTIONS} --ignore-vuln PYSEC-2026-1 --ignore-vuln GHSA-x --dry-run\n"
    assert ended.returncode == 0


def test_an_exception_that_is_past_its_date_fails(tmp_path: Path) -> None:
    ended = audit(tmp_path, f"PYSEC-2026-1  {YESTERDAY}  no fix yet\n")
    line = f"PYSEC-2026-1 was accepted until {YESTERDAY} (no fix yet); update the package, or accept it anew"
    assert ended.stderr == f"error: .ci/audit-exceptions.txt: {line}\n"
    assert (ended.returncode, ended.stdout) == (1, "")


@pytest.mark.parametrize("line", ["PYSEC-2026-1", "PYSEC-2026-1 2999-01-01", "PYSEC-2026-1 soon no fix yet"])
def test_an_exception_without_a_date_or_a_reason_fails(tmp_path: Path, line: str) -> None:
    ended = audit(tmp_path, f"{line}\n")
    assert ended.stderr == "error: .ci/audit-exceptions.txt: PYSEC-2026-1: expected 'ID  YYYY-MM-DD  reason'\n"
    assert ended.returncode == 2


def test_the_exceptions_of_the_project_are_valid(tmp_path: Path) -> None:
    ended = audit(tmp_path, (HERE / ".ci/audit-exceptions.txt").read_text())
    assert ended.returncode == 0, ended.stderr
