"""How files are read: times with a time zone, and columns of a CSV file."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from pipeline.database import in_memory, quoted
from pipeline.errors import BadFile, SchemaChanged
from pipeline.ingest.readings import SAMPLE, readings_of
from pipeline.sources import Source, sources

JANUARY, DAY = date(2024, 1, 1), timedelta(days=1)


@pytest.fixture
def fhv() -> Source:
    return sources()["fhv_taxi"]


def pickups(source: Source, folder: Path, times: list[datetime], zone: str | None) -> list[datetime | None]:
    """The times as they are read from a Parquet file that states a time zone for them."""
    return read_pickups(source, folder, pyarrow.array(times, pyarrow.timestamp("us", zone)))


def read_pickups(source: Source, folder: Path, times: pyarrow.Array, **others: pyarrow.Array) -> list[datetime | None]:
    columns = {column.name: pyarrow.nulls(len(times)) for column in source.columns}
    columns |= {"pickup_datetime": times, **others}
    pyarrow.parquet.write_table(pyarrow.table(columns), folder / "a.parquet")
    with in_memory() as con:
        (reading,) = readings_of(con, source, JANUARY, [folder / "a.parquet"])
        return [at for (at,) in con.execute(f"select pickup_datetime from ({reading.query})").fetchall()]


CLOCK = [datetime(2024, 1, 1, 0, 30), datetime(2024, 1, 15, 8), datetime(2024, 1, 31, 23, 30)]
"""Pickups by New York's clock, in January."""
CONVERTED = [at + timedelta(hours=5) for at in CLOCK]
"""The same in UTC."""


@pytest.mark.parametrize(
    ("published", "zone"),
    [
        (CLOCK, None),
        (CLOCK, "UTC"),  # the digits of the clock, which a program marked as UTC
        (CONVERTED, "UTC"),
        (CONVERTED, "America/New_York"),
        (CONVERTED, "Europe/Berlin"),
        *((CLOCK, name) for name in ("+00:00", "-00:00", "Zulu", "utc", "Etc/Universal", "Etc/GMT", "GMT0")),
        (CONVERTED, "Etc/UCT"),
        (CONVERTED, "-05:00"),
    ],
)
def test_times_have_the_digits_of_new_yorks_clock_whatever_time_zone_a_file_states(
    fhv: Source, tmp_path: Path, published: list[datetime], zone: str | None
) -> None:
    assert pickups(fhv, tmp_path, published, zone) == CLOCK


@pytest.mark.parametrize(
    ("published", "end"),
    [
        *((CLOCK, end) for end in ("", "Z", "+00:00", "-05:00", "-05", " UTC", " America/New_York")),
        *((CONVERTED, end) for end in ("Z", "+00", " gmt", "+00:00")),
        ([at + timedelta(hours=6) for at in CLOCK], "+01:00"),
    ],
)
def test_texts_that_state_a_time_zone_have_the_digits_of_new_yorks_clock(
    fhv: Source, tmp_path: Path, published: list[datetime], end: str
) -> None:
    assert read_pickups(fhv, tmp_path, pyarrow.array([f"{at}{end}" for at in published])) == CLOCK


@pytest.mark.parametrize("shift", [timedelta(0), timedelta(hours=5)], ids=["digits", "converted"])
def test_the_hours_of_the_day_tell_how_times_in_utc_are_read_where_the_edges_of_the_month_do_not(
    fhv: Source, tmp_path: Path, shift: timedelta
) -> None:
    """All times are within the month by both readings, and each file alone has too few to tell."""
    clock = [
        datetime(2024, 1, day, hour, minute) for day in range(3, 28) for hour in (8, 21, 22) for minute in (1, 2, 3)
    ]
    files = [tmp_path / name for name in ("1.parquet", "2.parquet")]
    for file, half in zip(files, (clock[: len(clock) // 2], clock[len(clock) // 2 :]), strict=True):
        times = pyarrow.array([at + shift for at in half], pyarrow.timestamp("us", "UTC"))
        columns = {column.name: pyarrow.nulls(len(half)) for column in fhv.columns} | {"pickup_datetime": times}
        pyarrow.parquet.write_table(pyarrow.table(columns), file)
    with in_memory() as con:
        readings = readings_of(con, fhv, JANUARY, files)
        query = " union all ".join(reading.query for reading in readings)
        found = con.execute(f"select pickup_datetime from ({query}) order by 1").fetchall()
    assert [at for (at,) in found] == clock


def test_a_text_without_a_time_zone_beside_others_keeps_its_digits(fhv: Source, tmp_path: Path) -> None:
    texts = [f"{CONVERTED[0]}Z", f"{CLOCK[1]}", f"{CONVERTED[2]}Z"]
    assert read_pickups(fhv, tmp_path, pyarrow.array(texts)) == CLOCK


def test_a_time_zone_that_is_stated_late_in_a_file_makes_no_value_wrong(fhv: Source, tmp_path: Path) -> None:
    texts = [str(CLOCK[0])] * SAMPLE + [f"{CONVERTED[1]}Z"]
    assert read_pickups(fhv, tmp_path, pyarrow.array(texts)) == [CLOCK[0]] * SAMPLE + [None]


def test_columns_of_one_name_within_others_are_no_second_ones(fhv: Source, tmp_path: Path) -> None:
    within = pyarrow.array([{"pickup_datetime": 1, "b": [{"pickup_datetime": 2}]}] * 3)
    clock = pyarrow.array(CLOCK)
    assert read_pickups(fhv, tmp_path, clock, a=within, c=pyarrow.array([[1]] * 3), d=clock) == CLOCK


def test_each_column_is_read_in_the_time_zone_that_it_states(fhv: Source, tmp_path: Path) -> None:
    dropoffs = pyarrow.array(CONVERTED, pyarrow.timestamp("us", "America/New_York"))
    found = read_pickups(fhv, tmp_path, pyarrow.array(CLOCK, pyarrow.timestamp("us", "UTC")), dropOff_datetime=dropoffs)
    assert found == CLOCK
    with in_memory() as con:
        (reading,) = readings_of(con, fhv, JANUARY, [tmp_path / "a.parquet"])
        query = f"select {quoted(fhv.columns[2].name)} from ({reading.query})"
        assert [at for (at,) in con.execute(query).fetchall()] == CLOCK


@pytest.mark.parametrize("second", ["pickup_datetime", "Pickup_DateTime", " pickup_datetime "])
def test_a_file_with_a_column_twice_is_refused(fhv: Source, tmp_path: Path, second: str) -> None:
    names = [column.name for column in fhv.columns] + [second]
    table = pyarrow.Table.from_arrays([pyarrow.nulls(1) for _ in names], names=names)
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    line = f"a.parquet has 2 columns for pickup_datetime, expected one: 'pickup_datetime', {second!r}; if one"
    with in_memory() as con, pytest.raises(SchemaChanged, match=line):
        readings_of(con, fhv, JANUARY, [tmp_path / "a.parquet"])


def test_times_in_utc_within_the_month_are_taken_as_the_digits_of_the_clock(fhv: Source, tmp_path: Path) -> None:
    assert pickups(fhv, tmp_path, [CLOCK[1]], "UTC") == [CLOCK[1]]


@pytest.mark.parametrize(
    ("header", "error", "line"),
    [
        (b"", SchemaChanged, "2024-01 taxi_zones: a.csv is empty, expected a line of column names"),
        (b"\n\nLocationID", SchemaChanged, "a.csv begins with an empty line, expected a line of column names"),
        (
            b"a;b\n1;2",
            SchemaChanged,
            "a.csv begins with the line 'a;b', expected column names separated by commas",
        ),
        (
            b"LocationID,Borough,Zone,service_zone, Zone",
            SchemaChanged,
            "a.csv has 2 columns for Zone, expected one: ",
        ),
        (b"," * 600, BadFile, "a.csv has 601 columns, expected 4"),
        (b"LocationID,Borough,Zone", SchemaChanged, "a.csv lacks service_zone; it has LocationID, Borough, Zone; if a"),
    ],
)
def test_a_csv_file_with_other_columns_is_refused(
    header: bytes, error: type[BadFile], line: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(header)
    zones = sources()["taxi_zones"]
    with in_memory() as con, pytest.raises(error, match=line.replace("2024-01", "static")):
        readings_of(con, zones, JANUARY, [tmp_path / "a.csv"])
