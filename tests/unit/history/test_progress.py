"""Progress of long work: at most a call a second, and a line each ten seconds where there is no terminal."""

import logging

import pytest

from pipeline.history import progress


class Clock:
    """Seconds that a test moves on."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("time.monotonic", clock)
    return clock


def test_progress_is_passed_on_once_a_second(clock: Clock) -> None:
    passed_on: list[tuple[int, int]] = []
    with progress.show_progress("a.zip", lambda done, total: passed_on.append((done, total))) as update:
        for number in range(1, 41):
            clock.now += 0.25
            update(number, 40)
    assert passed_on == [(1, 40), *((number, 40) for number in range(6, 41, 5))]


def test_a_line_is_logged_each_ten_seconds_and_none_of_what_is_fast(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pipeline")
    with progress.show_progress("a.zip", lambda done, total: None) as update:
        clock.now += 9
        update(1_000_000, 40_000_000)
        assert caplog.messages == []
        clock.now += 1
        update(10_000_000, 40_000_000)
        clock.now += 5
        update(20_000_000, 40_000_000)
        clock.now += 5
        update(30_000_000, 0)
    assert caplog.messages == [
        "a.zip, 10.0 MB of 40.0 MB (25%), 1.0 MB/s",
        "a.zip, 30.0 MB, 1.5 MB/s",
    ]


def test_other_units_than_bytes_are_counted() -> None:
    assert progress.progress_text(14, 143, "models and tests", 5) == "14 of 143 models and tests"
    assert progress.progress_text(1400, 0, "rows", 5) == "1,400 rows"
    assert progress.progress_text(45, 100, "%", 5) == "45%"
