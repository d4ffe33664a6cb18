"""That the bench itself works: a part of it, over a few rows. What it measures is no test's business."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import HERE


def test_the_bench_measures_both_sides_of_the_same_rows(tmp_path: Path) -> None:
    words = ["-m", "tests.bench", "--scale", "0.002", "--repeats", "1", "--only", "steps"]
    environment = os.environ | {"MOBILITY_BENCH": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, *words], cwd=HERE, env=environment, text=True, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    lines = json.loads((tmp_path / "bench-0.002.json").read_text())["lines"]
    assert len(lines) == 3
    for line in lines:
        assert line["ours"]["seconds"] > 0
        assert line["bare"]["seconds"] > 0
        assert line["what"] in ended.stdout
    assert not (tmp_path / "work").exists()
