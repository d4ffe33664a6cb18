"""Generated rides: columns, formats, and rides in two files."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.months import month_range
from pipeline.sample.citibike import SOURCES, columns_of
from pipeline.sample.generate import GeneratedFile
from pipeline.sources import sources
from tests.unit.sample.conftest import Generated
from tests.unit.sample.generated_files import ANOMALOUS_MONTH, MONTHS, generate_small, header, ride_rows, rides

SOURCE_MONTHS = [
    (source, month) for source in SOURCES for month in month_range(sources()[source].first_month, date(2025, 12, 1))
]


def test_every_column_that_its_source_requires_exists() -> None:
    for source, month in SOURCE_MONTHS:
        names = {name.lower() for name in columns_of(month)}
        required = [column for column in sources()[source].columns if column.is_required_in(month)]
        assert not [column.name for column in required if not column.names & names], f"{source} {month}"


def test_the_only_undeclared_columns_are_copies_of_another_one() -> None:
    declared = set().union(*(column.names for column in sources()["citibike"].columns))
    for _, month in SOURCE_MONTHS:
        undeclared = {name.lower() for name in columns_of(month)} - declared
        assert undeclared <= {"rideable_type_duplicate_column_name_1"}, month


@pytest.mark.parametrize(
    ("month", "columns", "time_format"),
    [
        (date(2013, 12, 1), "tripduration,starttime", "%Y-%m-%d %H:%M:%S"),
        (date(2014, 9, 1), "tripduration,starttime", "%m/%d/%Y %H:%M:%S"),
        (date(2015, 1, 1), "tripduration,starttime", "%m/%d/%Y %H:%M"),
        (date(2016, 10, 1), "Trip Duration,Start Time", "%Y-%m-%d %H:%M:%S"),
        (date(2017, 3, 1), "Trip Duration,Start Time", "%Y-%m-%d %H:%M:%S"),
        (date(2019, 5, 1), "tripduration,starttime", "%Y-%m-%d %H:%M:%S.%f"),
        (date(2021, 2, 1), "ride_id,rideable_type,started_at", "%Y-%m-%d %H:%M:%S"),
        (date(2024, 8, 1), "ride_id,rideable_type,started_at", "%Y-%m-%d %H:%M:%S.%f"),
    ],
)
def test_files_have_the_columns_and_time_format_of_their_month(
    eras: Generated, month: date, columns: str, time_format: str
) -> None:
    file = eras.file("citibike", month)
    assert ",".join(header(file, month)).startswith(columns)
    starts = [datetime.strptime(row[columns.count(",")], time_format) for row in ride_rows(file, month)]
    assert {month, (month - timedelta(days=1)).replace(day=1)} >= {start.date().replace(day=1) for start in starts}


@pytest.mark.parametrize(
    ("month", "unknown"),
    [(date(2013, 12, 1), r"\N"), (date(2015, 5, 1), ""), (date(2017, 8, 1), "NULL"), (date(2019, 5, 1), "1969")],
)
def test_files_have_the_unknown_birth_year_of_their_month(eras: Generated, month: date, unknown: str) -> None:
    casual = [row for row in ride_rows(eras.file("citibike", month), month) if row[12] == "Customer"]
    assert {row[13] for row in casual} == {unknown}


@pytest.mark.parametrize("source", SOURCES)
def test_the_manifest_counts_the_rows_of_a_file(generated: Generated, source: str) -> None:
    counts, file = generated.counts(source, ANOMALOUS_MONTH), generated.file(source, ANOMALOUS_MONTH)
    rows = ride_rows(file, ANOMALOUS_MONTH)
    durations = [datetime.fromisoformat(row[3]) - datetime.fromisoformat(row[2]) for row in rows]
    earlier = {tuple(row) for row in ride_rows(generated.file(source, MONTHS[0]), MONTHS[0])}
    before = [row for row in rows if row[2] < str(ANOMALOUS_MONTH)]
    assert len(rows) + counts["unreadable"] == counts["rows"]
    assert len({tuple(row) for row in rows}) == len(rows) - counts["exact_duplicate"]
    assert sum(duration < timedelta(0) for duration in durations) == counts["ends_before_it_starts"]
    assert sum(timedelta(hours=23) < duration <= timedelta(hours=24) for duration in durations) == counts["about_24_h"]
    assert sum(duration > timedelta(hours=24) for duration in durations) == counts["longer_than_24_h"]
    assert sum(not row[7] for row in rows) == counts["null_end_station"]
    assert sum(tuple(row) in earlier for row in before) == counts["in_two_files"]
    assert len(before) == counts["in_two_files"] + counts["began_month_before"]


def test_files_have_the_rides_that_ended_in_their_month_since_2024_08(tmp_path: Path) -> None:
    months = [date(2024, 7, 1), date(2024, 8, 1)]
    for file in generate_small(tmp_path, months, "citibike", rows={"citibike": 100_000}):
        column = 3 if file.month >= date(2024, 8, 1) else 2
        assert {row[column][:7] for row in ride_rows(tmp_path / file.file, file.month)} == {f"{file.month:%Y-%m}"}
        assert bool(file.counts.get("in_two_files")) == (column == 3)


NEIGHBOURS = [
    (date(2014, 7, 1), date(2014, 8, 1)),
    (date(2014, 8, 1), date(2014, 9, 1)),
    (date(2016, 9, 1), date(2016, 10, 1)),
    (date(2017, 3, 1), date(2017, 4, 1)),
    (date(2020, 5, 1), date(2020, 6, 1)),
    (date(2021, 12, 1), date(2022, 1, 1)),
    (date(2024, 1, 1), date(2024, 2, 1)),
    (date(2024, 2, 1), date(2024, 3, 1)),
    (date(2024, 8, 1), date(2024, 9, 1)),
]
"""Pairs of months, most of them at a change of the format."""


def generate_neighbours(
    root: Path, months: tuple[date, date], rows: int, **options: Any
) -> Iterator[tuple[GeneratedFile, Path, Path]]:
    """The second month's entry and the files of both months, for each source. Each month is generated on its own."""
    first, second = (
        generate_small(root / str(month), [month], *SOURCES, rows=dict.fromkeys(SOURCES, rows), **options)
        for month in months
    )
    for earlier, later in zip(first, second, strict=True):
        yield later, root / str(months[0]) / earlier.file, root / str(months[1]) / later.file


@pytest.mark.parametrize("months", NEIGHBOURS, ids=lambda months: f"{months[1]:%Y-%m}")
def test_a_ride_in_two_files_has_equal_values_in_both(tmp_path: Path, months: tuple[date, date]) -> None:
    anomalies = {source: {"in_two_files": 15, "exact_duplicate": 2} for source in SOURCES}
    options = {"anomalous_months": months, "anomalies": anomalies}
    for generated, earlier, later in generate_neighbours(tmp_path, months, 60_000, **options):
        earlier_rides, later_rides = set(rides(earlier, months[0])), rides(later, months[1])
        repeated = sum(ride in earlier_rides for ride in later_rides)
        assert repeated == generated.counts["in_two_files"] == 15, later.name


def test_rides_across_the_midnight_before_2024_08_are_in_both_files(tmp_path: Path) -> None:
    months = (date(2024, 7, 1), date(2024, 8, 1))
    for generated, earlier, later in generate_neighbours(tmp_path, months, 500_000):
        across = [ride for ride in rides(later, months[1]) if ride[2] < datetime(2024, 8, 1)]
        in_seconds = {(*ride[:2], *(time.replace(microsecond=0) for time in ride[2:4]), *ride[4:]) for ride in across}
        assert in_seconds <= set(rides(earlier, months[0]))
        assert len(in_seconds) == generated.counts["in_two_files"] > 0


@pytest.mark.parametrize("month", [date(2015, 1, 1), date(2015, 4, 1), date(2018, 1, 1), date(2021, 2, 1)], ids=str)
def test_no_ride_is_in_two_files_where_the_copies_would_differ(tmp_path: Path, month: date) -> None:
    """The precision of times changes in these months, or the rides get ids."""
    [file] = generate_small(tmp_path, [month], "citibike", rows={"citibike": 60_000}, anomalous_months=[month])
    assert "in_two_files" not in file.counts
    assert file.counts["began_month_before"]
