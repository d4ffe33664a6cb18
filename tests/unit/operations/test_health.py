"""The checks of health, as one line of JSON and as alerts at a webhook."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.history import alerts
from pipeline.operations.health import Health, examine
from pipeline.sample.server import Fault, Upstream, serve
from tests.webhook import listening

NO_MINIMUM = 0.0


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """Publishers that respond, and a catchup that ended an hour ago."""
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.delenv("MOBILITY_SOURCES", raising=False)
    ended(tmp_path, timedelta(hours=1))
    with serve(tmp_path) as publishers:
        for name in ("TLC_URL", "CITIBIKE_URL", "OPEN_METEO_URL"):
            monkeypatch.setenv(name, publishers.url)
        yield publishers


def ended(data: Path, ago: timedelta) -> None:
    (data / "runs").mkdir(exist_ok=True)
    (data / "runs/last_catchup.json").write_text(json.dumps({"at": (datetime.now(UTC) - ago).isoformat()}))


def run_checks(data: Path, least_free_gb: float = NO_MINIMUM, luigid: tuple[str, int] | None = None) -> Health:
    return examine(data, alerts.rules(), least_free_gb, luigid)


def sent_titles(health: Health) -> list[str]:
    """The titles that a webhook receives; the line has the same problems."""
    with listening() as hook, pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOBILITY_ALERT_URLS", hook.address)
        alerts.send(health.alerts)
    assert json.loads(health.line())["problems"] == [f"{alert.title}: {alert.text}" for alert in health.alerts]
    return hook.titles


def test_a_healthy_installation_has_no_problems(upstream: Upstream, tmp_path: Path) -> None:
    health = run_checks(tmp_path)
    line = json.loads(health.line())
    assert line["healthy"] and line["problems"] == [] and line["unreachable"] == [] and line["luigid"] == "not used"
    assert "\n" not in health.line()
    assert sent_titles(health) == []


def test_no_catchup_for_two_days_is_reported(upstream: Upstream, tmp_path: Path) -> None:
    ended(tmp_path, timedelta(hours=47))
    assert sent_titles(run_checks(tmp_path)) == []
    ended(tmp_path, timedelta(hours=49))
    assert sent_titles(run_checks(tmp_path)) == ["catchup does not run"]


@pytest.mark.parametrize("record", [None, "", "{}", '{"at": "yesterday"}'])
def test_a_missing_or_damaged_record_of_catchup_is_reported(
    upstream: Upstream, tmp_path: Path, record: str | None
) -> None:
    path = tmp_path / "runs/last_catchup.json"
    path.unlink() if record is None else path.write_text(record)
    assert sent_titles(run_checks(tmp_path)) == ["catchup does not run"]


def test_a_clock_that_was_set_back_is_reported(upstream: Upstream, tmp_path: Path) -> None:
    ended(tmp_path, timedelta(days=-20))
    assert sent_titles(run_checks(tmp_path)) == ["the clock was set back"]


def test_a_publisher_that_cannot_be_reached_is_reported(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITIBIKE_URL", "http://127.0.0.1:1")
    health = run_checks(tmp_path)
    assert health.facts["unreachable"] == ["citibike"]
    assert sent_titles(health) == ["citibike cannot be reached"]


def test_a_publisher_with_only_transient_errors_cannot_be_reached(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_SOURCES", "citibike")
    upstream.faults = [Fault(status=503)]
    assert sent_titles(run_checks(tmp_path)) == ["citibike cannot be reached"]


def test_a_luigid_that_does_not_answer_is_reported_where_it_is_used(upstream: Upstream, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        assert sent_titles(run_checks(tmp_path, luigid=address)) == []
    assert sent_titles(run_checks(tmp_path, luigid=address)) == ["luigid cannot be reached"]


def test_a_disk_with_less_space_than_a_run_needs_is_reported(upstream: Upstream, tmp_path: Path) -> None:
    health = run_checks(tmp_path, least_free_gb=1e9)
    assert sent_titles(health) == ["the disk is nearly full"]
    assert "a run needs 1000000000.0 GB" in health.line()
