"""Every alert, sent to a webhook on loopback: once a day, without secrets, and without failing a run."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import MonthRejected, Unreachable
from pipeline.history import alerts, runs
from pipeline.history.alerts import Alert
from pipeline.process import memory_of_machine
from pipeline.sources import sources
from tests.webhook import Webhook, listening

LOAD = runs.TaskRun(
    run="r",
    task="Load",
    task_id="Load_1",
    source="yellow_taxi",
    months=("2024-01",),
    started=datetime(2026, 11, 1, 2, tzinfo=UTC),
    seconds=20.0,
    rows=10,
    bytes=100,
    peak_bytes=1000,
    outcome=runs.DONE,
)


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    with listening() as webhook:
        monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
        monkeypatch.setenv("MOBILITY_ALERT_URLS", webhook.address)
        yield webhook


def failed(error: BaseException, outcome: str = runs.FAILED) -> None:
    alerts.send_for_task(replace(LOAD, outcome=outcome, error=str(error)), error)


def test_a_failure_is_sent_with_its_month_task_and_message(hook: Webhook) -> None:
    failed(ValueError("2024-01 yellow_taxi: no such column"))
    assert hook.titles == ["Load yellow_taxi 2024-01 failed"]
    assert hook.sent[0]["message"] == "2024-01 yellow_taxi: no such column"


def test_a_rejected_month_is_sent_with_its_findings(hook: Webhook) -> None:
    failed(MonthRejected("2024-01 is rejected: temperature 99 °C, at most 45 allowed"), runs.REJECTED)
    assert hook.titles == ["2024-01 is rejected"]
    assert "temperature 99 °C, at most 45 allowed" in hook.sent[0]["message"]


def test_an_unreachable_publisher_is_sent_once_for_all_months(hook: Webhook) -> None:
    for month in ("2024-01", "2024-02", "2024-03"):
        error = Unreachable("http://127.0.0.1:1/: no answer")
        alerts.send_for_task(replace(LOAD, months=(month,), outcome=runs.BROKEN, error=str(error)), error)
    assert hook.titles == ["yellow_taxi: not available from its publisher"]


def test_a_late_source_is_sent_with_its_delay(hook: Webhook) -> None:
    source, month = sources()["yellow_taxi"], date(2026, 7, 1)
    due = date(2026, 10, 17)
    assert source.expected(month) == (date(2026, 9, 16), due)
    assert alerts.send(alerts.alerts_for_late_sources([(source, month)], due)) == []
    earlier = date(2026, 6, 1)
    alerts.send(alerts.alerts_for_late_sources([(source, earlier), (source, month)], due + timedelta(days=3)))
    assert hook.titles == ["yellow_taxi is late"]
    assert hook.sent[0]["message"] == "2026-06 by 34 days, 2026-07 by 3 days"


@pytest.mark.parametrize(("failures", "titles"), [(2, []), (3, ["many tasks fail"])])
def test_many_failures_in_a_day_are_sent(hook: Webhook, failures: int, titles: list[str]) -> None:
    lines = [LOAD] * (20 - failures) + [replace(LOAD, outcome=runs.FAILED)] * failures
    alerts.send(alerts.alerts_for_failure_rate(lines, alerts.rules()))
    assert hook.titles == titles


def test_few_tasks_have_no_failure_rate(hook: Webhook) -> None:
    alerts.send(alerts.alerts_for_failure_rate([replace(LOAD, outcome=runs.FAILED)] * 9, alerts.rules()))
    assert hook.titles == []


def test_a_task_over_five_minutes_is_sent(hook: Webhook) -> None:
    alerts.send_for_task(replace(LOAD, seconds=299.0), None)
    assert hook.titles == []
    alerts.send_for_task(replace(LOAD, seconds=301.0), None)
    assert hook.titles == ["Load yellow_taxi 2024-01 is slow"]


def test_a_task_of_many_months_may_take_five_minutes_for_each(hook: Webhook) -> None:
    alerts.send_for_task(replace(LOAD, task="Transform", months=("2024-01", "2024-02"), seconds=500.0), None)
    assert hook.titles == []


def test_a_task_that_takes_three_times_as_long_as_usual_is_sent(hook: Webhook, tmp_path: Path) -> None:
    for _ in range(4):
        runs.append(tmp_path / "runs", LOAD)
    alerts.send_for_task(replace(LOAD, seconds=100.0), None)
    assert hook.titles == [], "four runs are too few for a usual time"
    runs.append(tmp_path / "runs", LOAD)
    alerts.send_for_task(replace(LOAD, seconds=59.0), None)
    alerts.send_for_task(replace(LOAD, seconds=61.0), None)
    assert [alert["message"] for alert in hook.sent] == ["61 s, usually 20 s"]


def test_a_short_task_may_take_many_times_its_usual_time(hook: Webhook, tmp_path: Path) -> None:
    for _ in range(5):
        runs.append(tmp_path / "runs", replace(LOAD, seconds=0.1))
    alerts.send_for_task(replace(LOAD, seconds=29.0), None)
    assert hook.titles == []


def test_memory_over_80_percent_is_sent(hook: Webhook) -> None:
    memory = memory_of_machine()
    alerts.send_for_task(replace(LOAD, peak_bytes=int(memory * 0.79)), None)
    assert hook.titles == []
    alerts.send_for_task(replace(LOAD, peak_bytes=int(memory * 0.81)), None)
    assert hook.titles == ["Load yellow_taxi 2024-01 used too much memory"]


def test_the_same_cause_is_sent_again_after_a_day_and_another_at_once(hook: Webhook, tmp_path: Path) -> None:
    for cause in ("a", "a", "b"):
        alerts.send([Alert(cause, cause, "text")])
    assert hook.titles == ["a", "b"]
    age(tmp_path, timedelta(hours=25))
    alerts.send([Alert("a", "a", "text")])
    assert hook.titles == ["a", "b", "a"]


def test_a_clock_that_was_set_back_suppresses_no_alert(hook: Webhook, tmp_path: Path) -> None:
    alerts.send([Alert("a", "a", "text")])
    age(tmp_path, timedelta(days=-300))
    alerts.send([Alert("a", "a", "text")])
    assert hook.titles == ["a", "a"]


def age(data: Path, by: timedelta) -> None:
    for path in (data / "alerts").glob("*.json"):
        record = json.loads(path.read_text())
        record["sent_at"] = (datetime.fromisoformat(record["sent_at"]) - by).isoformat()
        path.write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("no-address", "address 1 of MOBILITY_ALERT_URLS is not valid"),
        ("slack://only-one-token-of-three", "address 1 of MOBILITY_ALERT_URLS is not valid"),
        ("json://someone:secret@127.0.0.1:1/hook", "address 1 (JSON) refused it"),
    ],
)
def test_an_invalid_address_is_logged_without_it_and_the_others_are_used(
    hook: Webhook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, address: str, reason: str
) -> None:
    monkeypatch.setenv("MOBILITY_ALERT_URLS", f"{address} {hook.address}")
    with caplog.at_level(logging.DEBUG):
        alerts.send([Alert("a", "a", "text")])
    assert hook.titles == ["a"]
    ours = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert ours == [f"alert not sent: a; {reason}"]
    assert "secret" not in caplog.text and address not in caplog.text


def test_an_alert_that_could_not_be_sent_is_sent_later(hook: Webhook) -> None:
    hook.status = 500
    assert alerts.send([Alert("a", "a", "text")]) == []
    hook.status = 200
    assert len(alerts.send([Alert("a", "a", "text")])) == 1


def test_an_alert_is_sent_although_nothing_can_be_written(hook: Webhook, tmp_path: Path) -> None:
    (tmp_path / "alerts").write_text("in the way")
    assert alerts.send([Alert("disk", "the disk is full", "free some space")])
    assert hook.titles == ["the disk is full"]


def test_without_an_address_nothing_is_sent_or_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.delenv("MOBILITY_ALERT_URLS", raising=False)
    failed(ValueError("x"))
    assert list(tmp_path.iterdir()) == []
