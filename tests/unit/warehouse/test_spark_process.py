import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.warehouse import spark_process


def test_dbts_commands_run_as_in_a_process_without_spark(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    ended = subprocess.run(
        [sys.executable, "-P", spark_process.__file__, json.dumps([["no-such-command"]])],
        cwd=tmp_path,
        env=os.environ | {"MOBILITY_SPARK_MASTER": "local[2]"},
        text=True,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert json.loads((tmp_path / "target/results.json").read_text()) == []


@pytest.mark.spark
def test_before_spark_has_started_no_executor_is_missing() -> None:
    assert spark_process.has_executor()
