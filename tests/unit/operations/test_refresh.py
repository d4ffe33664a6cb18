"""The verb refresh on a data folder in which nothing is downloaded."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import HERE


def test_without_downloaded_files_nothing_is_asked_and_the_run_succeeds(tmp_path: Path) -> None:
    nowhere = dict.fromkeys(("TLC_URL", "CITIBIKE_URL", "OPEN_METEO_URL"), "http://127.0.0.1:1")
    environment = os.environ | nowhere | {"MOBILITY_DATA": str(tmp_path), "MOBILITY_RUN_ID": "the-run"}
    command = [sys.executable, "-m", "pipeline", "refresh", "--months", "2"]
    ended = subprocess.run(command, cwd=HERE, env=environment, text=True, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert json.loads((tmp_path / "runs/refresh.json").read_text())["version"] == "the-run"
    assert not (tmp_path / "landing").exists() and not (tmp_path / "warehouse").exists()
