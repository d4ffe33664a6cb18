"""How this machine runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import HERE

SAID = "import pipeline, luigi.interface; print(luigi.interface.core().workers)"


@pytest.mark.parametrize(("config", "wanted"), [("", min(max(len(os.sched_getaffinity(0)), 2), 8)), ("workers = 5", 5)])
def test_luigi_runs_a_task_a_core_unless_luigi_cfg_says_how_many(tmp_path: Path, config: str, wanted: int) -> None:
    path = tmp_path / "luigi.cfg"
    path.write_text(f"[core]\n{config}\n")
    environment = os.environ | {"LUIGI_CONFIG_PATH": str(path)}
    ended = subprocess.run(
        [sys.executable, "-c", SAID], cwd=HERE, env=environment, text=True, capture_output=True, check=True
    )
    assert ended.stdout.strip() == str(wanted)
