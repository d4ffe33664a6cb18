"""What catchup reports of months that are not published, and records of its run."""

import json
from datetime import date
from pathlib import Path

import pytest

from pipeline.history.runs import LAST_CATCHUP
from pipeline.operations.catchup import is_missing, messages, record
from pipeline.sources import sources

YELLOW, MONTH = sources()["yellow_taxi"], date(2024, 1, 1)
SOONEST, LATEST = YELLOW.expected(MONTH)


@pytest.mark.parametrize(
    ("today", "message"),
    [
        (date(2024, 2, 1), f"2024-01 yellow_taxi: not requested, expected from {SOONEST}"),
        (SOONEST, f"2024-01 yellow_taxi: not published yet, expected by {LATEST}"),
        (LATEST, f"2024-01 yellow_taxi: not published yet, expected by {LATEST}"),
        (date(2024, 12, 1), f"2024-01 yellow_taxi: late, usually published by {LATEST}"),
    ],
)
def test_a_missing_month_is_not_requested_then_not_published_then_late(today: date, message: str) -> None:
    assert list(messages([(YELLOW, MONTH)], today)) == [message]


def test_what_cannot_be_published_yet_is_missing_whatever_the_run_found() -> None:
    assert is_missing(YELLOW, MONTH, code=30, today=date(2024, 2, 1))


def test_a_run_in_which_not_every_publisher_was_asked_finds_nothing_missing() -> None:
    assert not is_missing(YELLOW, MONTH, code=40, today=date(2024, 12, 1))


def test_the_record_has_the_run_its_exit_code_and_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    record(20, [(YELLOW, MONTH)])
    facts = json.loads((tmp_path / LAST_CATCHUP).read_text())
    assert (facts["run"], facts["code"]) == ("the-run", 20)
    assert facts["missing"] == [{"source": "yellow_taxi", "month": "2024-01"}]
