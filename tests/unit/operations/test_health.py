"""What is not well, told in one line to whoever asks, and to the people at the webhook."""

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

PLENTY = 0.0


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """Publishers that answer, and a catchup that ended an hour ago."""
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


def look(data: Path, least_free_gb: float = PLENTY, luigid: tuple[str, int] | None = None) -> Health:
    return examine(data, alerts.rules(), least_free_gb, luigid)


def told(health: Health) -> list[str]:
    """The titles that reach a webhook; the same are in the line."""
    with listening() as hook, pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOBILITY_ALERT_URLS", hook.address)
        alerts.send(health.alerts)
    assert json.loads(health.line())["problems"] == [f"{alert.title}: {alert.text}" for alert in health.alerts]
    return hook.titles


def test_all_is_well(upstream: Upstream, tmp_path: Path) -> None:
    health = look(tmp_path)
    line = json.loads(health.line())
    assert line["healthy"] and line["problems"] == [] and line["unreachable"] == [] and line["luigid"] == "not used"
    assert "\n" not in health.line()
    assert told(health) == []


def test_a_timer_silent_for_two_days_is_told(upstream: Upstream, tmp_path: Path) -> None:
    ended(tmp_path, timedelta(hours=47))
    assert told(look(tmp_path)) == []
    ended(tmp_path, timedelta(hours=49))
    assert told(look(tmp_path)) == ["catchup does not run"]


@pytest.mark.parametrize("note", [None, "", "{}", '{"at": "yesterday"}'])
def test_a_timer_that_never_was_or_whose_note_is_damaged_is_silent(
    upstream: Upstream, tmp_path: Path, note: str | None
) -> None:
    path = tmp_path / "runs/last_catchup.json"
    path.unlink() if note is None else path.write_text(note)
    assert told(look(tmp_path)) == ["catchup does not run"]


def test_a_clock_that_was_set_back_is_told(upstream: Upstream, tmp_path: Path) -> None:
    ended(tmp_path, timedelta(days=-20))
    assert told(look(tmp_path)) == ["the clock was set back"]


def test_a_publisher_that_cannot_be_reached_is_told(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITIBIKE_URL", "http://127.0.0.1:1")
    health = look(tmp_path)
    assert health.facts["unreachable"] == ["citibike"]
    assert told(health) == ["citibike cannot be reached"]


def test_a_publisher_that_answers_with_nothing_but_outages_cannot_be_reached(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_SOURCES", "citibike")
    upstream.faults = [Fault(status=503)]
    assert told(look(tmp_path)) == ["citibike cannot be reached"]


def test_a_luigid_that_does_not_answer_is_reported_where_it_is_used(upstream: Upstream, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        assert told(look(tmp_path, luigid=address)) == []
    assert told(look(tmp_path, luigid=address)) == ["luigid cannot be reached"]


def test_a_disk_with_less_room_than_a_run_needs_is_told(upstream: Upstream, tmp_path: Path) -> None:
    health = look(tmp_path, least_free_gb=1e9)
    assert told(health) == ["the disk is nearly full"]
    assert "a run needs 1000000000.0 GB" in health.line()
