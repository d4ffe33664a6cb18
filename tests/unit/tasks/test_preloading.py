"""What Luigi's first process imports while another one works."""

import subprocess
import sys

import pytest

from tests.conftest import HERE

PROGRAM = """
import sys
from datetime import date
import pipeline
from pipeline.tasks.preloading import import_for_judge, import_for_load

import_for_load(pipeline.{task})
import_for_judge(pipeline.{task})
print(*({{"great_expectations", "pandas", "duckdb", "pipeline.ingest.convert"}} & {{*sys.modules}}))
"""


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("Download(source='green_taxi', month=date(2024, 1, 1))", {"duckdb", "pipeline.ingest.convert"}),
        (
            "Transform(months=(date(2024, 1, 1),), sources=('green_taxi',))",
            {"great_expectations", "pandas", "duckdb"},  # which Great Expectations imports
        ),
        ("Load(source='green_taxi', month=date(2024, 1, 1))", set()),
    ],
)
def test_what_the_next_steps_need_is_imported_while_one_runs(task: str, expected: set[str]) -> None:
    command = [sys.executable, "-c", PROGRAM.format(task=task)]
    ended = subprocess.run(command, cwd=HERE, text=True, capture_output=True, check=True)
    assert {*ended.stdout.split()} == expected


def test_a_forked_process_collects_no_garbage_of_the_one_that_it_is_forked_from() -> None:
    program = """
import gc, os, pipeline
if not os.fork():
    print(gc.get_freeze_count() > 10_000, flush=True)
    os._exit(0)
os.wait()
print(gc.get_freeze_count())
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=HERE, text=True, capture_output=True, check=True)
    assert ended.stdout.split() == ["True", "0"]
