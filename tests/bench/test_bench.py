"""The benchmarks work: one part of them, with few rows. The measured costs are not tested."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.watch import watch
from tests.conftest import HERE
from tests.unit.metrics.simulated_months import REGIMES


@pytest.mark.long
def test_the_benchmarks_measure_the_pipeline_and_the_baseline(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.bench", "--scale", "0.002", "--repeats", "1", "--only", "steps", "forward"]
    environment = os.environ | {"MOBILITY_BENCH": str(tmp_path)}
    ended = subprocess.run(command, cwd=HERE, env=environment, text=True, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
    results = json.loads((tmp_path / "bench-0.002.json").read_text())["results"]
    assert len([result for result in results if result["baseline"]["seconds"] > 0]) == 5
    assert {"RunMonth after three months", "  Judge", "  Explore"} <= {result["name"] for result in results}
    for result in results:
        assert result["pipeline"]["seconds"] > 0 and result["name"] in ended.stdout
    assert not (tmp_path / "work").exists()


def test_memory_and_processor_time_of_all_processes_are_measured() -> None:
    """Of two that run at once the sum."""
    work = "import time; text = 'x' * 50_000_000\nwhile time.process_time() < 0.4: 0\n"
    command = [sys.executable, "-c", work + "time.sleep(0.6)"]
    with watch(os.getpid()) as used:
        both = [subprocess.Popen(command) for _ in range(2)]
        assert [one.wait() for one in both] == [0, 0]
    assert 100 < used.peak_mb < 250
    assert 0.7 <= used.cpu < 2  # process_time and /proc differ by some ticks of 10 ms


def test_the_coverage_of_intervals_is_measured_in_every_kind_of_month(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.bench", "--only", "effects", "--months", "6"]
    environment = os.environ | {"MOBILITY_BENCH": str(tmp_path)}
    ended = subprocess.run(command, cwd=HERE, env=environment, text=True, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
    found = json.loads((tmp_path / "coverage.json").read_text())
    assert found.keys() == REGIMES.keys()
    assert all(name in ended.stdout and one["months"] == 6 for name, one in found.items())
