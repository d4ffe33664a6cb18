"""How files are read: times with a time zone, and columns of a CSV file."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from pipeline.database import in_memory
from pipeline.errors import BadFile, SchemaChanged
from pipeline.ingest.readings import reading_of
from pipeline.sources import Source, sources

JANUARY, DAY = date(2024, 1, 1), timedelta(days=1)


@pytest.fixture
def fhv() -> Source:
    return sources()["fhv_taxi"]


def pickups(source: Source, folder: Path, times: list[datetime], zone: str | None) -> list[datetime]:
    """The times as they are read from a Parquet file that states a time zone for them."""
    columns = {column.name: pyarrow.nulls(len(times)) for column in source.columns}
    columns |= {"pickup_datetime": pyarrow.array(times, pyarrow.timestamp("us", zone))}
    pyarrow.parquet.write_table(pyarrow.table(columns), folder / "a.parquet")
    with in_memory() as con:
        reading = reading_of(con, source, JANUARY, folder / "a.parquet")
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
        (CLOCK, "+00:00"),
        (CONVERTED, "-05:00"),
    ],
)
def test_times_have_the_digits_of_new_yorks_clock_whatever_time_zone_a_file_states(
    fhv: Source, tmp_path: Path, published: list[datetime], zone: str | None
) -> None:
    assert pickups(fhv, tmp_path, published, zone) == CLOCK


def test_times_in_utc_within_the_month_are_taken_as_the_digits_of_the_clock(fhv: Source, tmp_path: Path) -> None:
    assert pickups(fhv, tmp_path, [CLOCK[1]], "UTC") == [CLOCK[1]]


@pytest.mark.parametrize(
    ("header", "error", "line"),
    [
        (b"", SchemaChanged, "2024-01 taxi_zones: a.csv is empty, expected a line of column names"),
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
        reading_of(con, zones, JANUARY, tmp_path / "a.csv")
