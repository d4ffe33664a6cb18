"""Words of log lines: subjects, sizes and durations."""

from datetime import date

import pytest

from pipeline.history.words import about, duration_text, size_text, subject_of

JANUARY = date(2024, 1, 1)


def test_a_subject_has_the_month_unless_the_source_serves_all_months() -> None:
    assert subject_of("citibike", [JANUARY]) == "2024-01 citibike"
    assert subject_of("", [JANUARY, date(2024, 2, 1)]) == "2024-01, 2024-02"
    assert subject_of("taxi_zones", [date(2011, 1, 1)]) == "taxi_zones"
    assert subject_of("", []) == ""


def test_a_text_that_names_its_subject_is_left_as_it_is() -> None:
    assert about("2024-01 citibike", "status 503") == "2024-01 citibike: status 503"
    assert about("2024-01 citibike", "citibike: 2024-01.zip is no zip") == "citibike: 2024-01.zip is no zip"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (155_200, "155 KB"), (23_140_000, "23.1 MB"), (1_200_000_000, "1.2 GB")],
)
def test_a_size_has_three_digits_or_fewer(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (9.96, "10.0 s"), (44.6, "45 s"), (119.4, "119 s"), (200.2, "3 min 20 s")]
)
def test_a_duration_is_in_minutes_from_two_minutes_on(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
