"""Generated files have the form of their month: columns, types, spelling, archives."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from pipeline.sample.generate import GeneratedFile
from pipeline.sources import sources
from tests.unit.sample_files import TRIPS, header, members, read_rides, rides, small

ERAS = (
    *(date(2011, 1, 1), date(2013, 12, 1), date(2014, 9, 1), date(2015, 1, 1), date(2015, 5, 1), date(2016, 10, 1)),
    *(date(2017, 3, 1), date(2017, 8, 1), date(2019, 1, 1), date(2019, 5, 1), date(2020, 3, 1), date(2021, 2, 1)),
    *(date(2022, 2, 1), date(2023, 1, 1), date(2023, 2, 1), date(2024, 8, 1), date(2025, 1, 1)),
)


@pytest.fixture(scope="module")
def eras(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, date], Path]:
    """The files of months that differ from each other in form."""
    root = tmp_path_factory.mktemp("eras")
    return {(made.source, made.month): root / made.file for made in small(root, list(ERAS), *TRIPS)}


def test_every_declared_column_is_there_in_every_era(eras: dict[tuple[str, date], Path]) -> None:
    for (source, month), path in eras.items():
        published = parquet.read_schema(path).names if path.suffix == ".parquet" else header(path, month)
        names = {name.lower() for name in published}
        declared = [column for column in sources()[source].columns if column.is_required_in(month)]
        assert not [column.name for column in declared if not column.names & names], f"{source} {month}"


@pytest.mark.parametrize(
    ("month", "column", "type"),
    [
        (date(2011, 1, 1), "congestion_surcharge", "null"),
        (date(2017, 8, 1), "passenger_count", "int64"),
        (date(2019, 1, 1), "passenger_count", "double"),
        (date(2019, 1, 1), "congestion_surcharge", "null"),
        (date(2019, 5, 1), "congestion_surcharge", "double"),
        (date(2020, 3, 1), "airport_fee", "null"),
        (date(2023, 1, 1), "airport_fee", "double"),
        (date(2023, 1, 1), "VendorID", "int64"),
        (date(2023, 2, 1), "Airport_fee", "double"),
        (date(2023, 2, 1), "VendorID", "int32"),
        (date(2025, 1, 1), "cbd_congestion_fee", "double"),
    ],
)
def test_yellow_columns_have_the_name_and_type_of_their_era(
    eras: dict[tuple[str, date], Path], month: date, column: str, type: str
) -> None:
    assert str(parquet.read_schema(eras["yellow_taxi", month]).field(column).type) == type


def test_green_and_fhv_columns_follow_their_era(eras: dict[tuple[str, date], Path]) -> None:
    fhv = {month: parquet.read_schema(path).names for (source, month), path in eras.items() if source == "fhv_taxi"}
    assert fhv[date(2015, 5, 1)] == ["Dispatching_base_num", "Pickup_date", "locationID"]
    assert "Pickup_DateTime" in fhv[date(2017, 3, 1)]
    assert "SR_Flag" not in fhv[date(2017, 3, 1)]
    assert "PULocationID" in fhv[date(2019, 5, 1)]
    assert {"PUlocationID", "dropOff_datetime"} <= set(fhv[date(2023, 1, 1)])
    assert str(parquet.read_schema(eras["green_taxi", date(2023, 1, 1)]).field("ehail_fee").type) == "null"
    assert str(parquet.read_schema(eras["green_taxi", date(2023, 2, 1)]).field("ehail_fee").type) == "double"


@pytest.mark.parametrize(
    ("month", "columns", "clock"),
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
def test_rides_are_written_as_in_their_era(
    eras: dict[tuple[str, date], Path], month: date, columns: str, clock: str
) -> None:
    file = eras["citibike", month]
    assert ",".join(header(file, month)).startswith(columns)
    starts = [datetime.strptime(row[columns.count(",")], clock) for row in rides(file, month)]
    assert {month, (month - timedelta(days=1)).replace(day=1)} >= {start.date().replace(day=1) for start in starts}


@pytest.mark.parametrize(
    ("month", "unknown"),
    [(date(2013, 12, 1), r"\N"), (date(2015, 5, 1), ""), (date(2017, 8, 1), "NULL"), (date(2019, 5, 1), "1969")],
)
def test_an_unknown_birth_year_is_written_as_in_its_era(
    eras: dict[tuple[str, date], Path], month: date, unknown: str
) -> None:
    casual = [row for row in rides(eras["citibike", month], month) if row[12] == "Customer"]
    assert {row[13] for row in casual} == {unknown}


def test_archives_are_laid_out_as_in_their_era(tmp_path: Path) -> None:
    months = [
        date(2018, 1, 1),
        date(2019, 1, 1),
        date(2023, 5, 1),
        date(2024, 1, 1),
        date(2024, 9, 1),
        date(2025, 3, 1),
    ]
    small(tmp_path, months, "citibike", rows_per_csv=100)
    found = {
        path.name: sorted(name for name in members(path) if "__MACOSX" not in name)
        for path in (tmp_path / "tripdata").iterdir()
    }
    assert found["202401-citibike-tripdata.csv.zip"][:2] == [
        "202401-citibike-tripdata_1.csv",
        "202401-citibike-tripdata_2.csv",
    ]
    assert found["202409-citibike-tripdata.zip"][0] == "202409-citibike-tripdata_1.zip/202409-citibike-tripdata_1.csv"
    assert "202503-citibike-tripdata.csv.zip" in found
    nested = "2023-citibike-tripdata/202305-citibike-tripdata.zip/202305-citibike-tripdata_1.csv"
    assert found["2023-citibike-tripdata.zip"][0] == nested
    assert found["2019-citibike-tripdata.zip"][0] == "2019-citibike-tripdata/1_January/201901-citibike-tripdata_1.csv"
    assert found["2018-citibike-tripdata.zip"][0] == "2018-citibike-tripdata/1_January/201801-citibike-tripdata_1.csv"
    assert found["2018-citibike-tripdata.zip"][-1] == "2018-citibike-tripdata/201801-citibike-tripdata.csv"
    with zipfile.ZipFile(tmp_path / "tripdata/202401-citibike-tripdata.csv.zip") as archive:
        assert "__MACOSX/._202401-citibike-tripdata_1.csv" in archive.namelist()


def test_a_second_copy_holds_every_ride_again(tmp_path: Path) -> None:
    [made] = small(tmp_path, [date(2018, 4, 1)], "citibike", rows_per_csv=100)
    assert len(rides(tmp_path / made.file, made.month)) == 2 * made.counts["rows"]


def test_rides_since_2024_08_ended_in_their_month(tmp_path: Path) -> None:
    for made in small(tmp_path, [date(2024, 7, 1), date(2024, 8, 1)], "citibike", rows={"citibike": 100_000}):
        column = 3 if made.month >= date(2024, 8, 1) else 2
        assert {row[column][:7] for row in rides(tmp_path / made.file, made.month)} == {f"{made.month:%Y-%m}"}
        assert bool(made.counts.get("in_two_files")) == (column == 3), "by nature: the month before was cut by starts"


# ---------------------------------------------------------------- rides of two files


PAIRS = (
    *(
        (date(2014, 7, 1), date(2014, 8, 1)),
        (date(2014, 8, 1), date(2014, 9, 1)),
        (date(2016, 9, 1), date(2016, 10, 1)),
    ),
    *(
        (date(2017, 3, 1), date(2017, 4, 1)),
        (date(2020, 5, 1), date(2020, 6, 1)),
        (date(2021, 12, 1), date(2022, 1, 1)),
    ),
    *((date(2024, 1, 1), date(2024, 2, 1)), (date(2024, 2, 1), date(2024, 3, 1)), (date(2024, 8, 1), date(2024, 9, 1))),
)


def two_months(
    root: Path, months: tuple[date, date], rows: int, **options: Any
) -> Iterator[tuple[GeneratedFile, Path, Path]]:
    """What is made of the second month, and the files of both: New York's and Jersey City's, each month by itself."""
    sources = ("citibike", "citibike_jc")
    first, second = (
        small(root / str(month), [month], *sources, rows=dict.fromkeys(sources, rows), **options) for month in months
    )
    for before, made in zip(first, second, strict=True):
        yield made, root / str(months[0]) / before.file, root / str(months[1]) / made.file


@pytest.mark.parametrize("months", PAIRS, ids=lambda months: f"{months[1]:%Y-%m}")
def test_a_ride_in_two_files_is_the_same_in_both(tmp_path: Path, months: tuple[date, date]) -> None:
    few = {"in_two_files": 15, "exact_duplicate": 2}
    for made, before, file in two_months(
        tmp_path, months, 60_000, anomalous_months=months, anomalies={"citibike": few, "citibike_jc": few}
    ):
        known, rows = set(read_rides(before, months[0])), read_rides(file, months[1])
        assert sum(row in known for row in rows) == made.counts["in_two_files"] == 15, file.name


def test_rides_across_the_midnight_after_2024_07_stand_in_both_files(tmp_path: Path) -> None:
    months = (date(2024, 7, 1), date(2024, 8, 1))
    for made, before, file in two_months(tmp_path, months, 500_000):
        rows = [row for row in read_rides(file, months[1]) if row[2] < datetime(2024, 8, 1)]
        without_ms = {(*row[:2], *(time.replace(microsecond=0) for time in row[2:4]), *row[4:]) for row in rows}
        assert without_ms <= set(read_rides(before, months[0]))
        assert len(without_ms) == made.counts["in_two_files"] > 0


@pytest.mark.parametrize("month", [date(2015, 1, 1), date(2015, 4, 1), date(2018, 1, 1), date(2021, 2, 1)], ids=str)
def test_no_ride_is_said_to_be_in_two_files_that_could_not_be_told_from_their_lines(
    tmp_path: Path, month: date
) -> None:
    """Without an id and with times that are less exact, or for the first time with an id."""
    [made] = small(tmp_path, [month], "citibike", rows={"citibike": 60_000}, anomalous_months=[month])
    assert "in_two_files" not in made.counts and made.counts["began_month_before"]


# ---------------------------------------------------------------- stations


def test_stations_are_renamed_and_some_are_named_back(tmp_path: Path) -> None:
    months = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
    names = dict[str, dict[date, str]]()
    for made in small(tmp_path, months, "citibike", rows={"citibike": 150_000}, anomalous_months=()):
        for row in rides(tmp_path / made.file, made.month):
            names.setdefault(row[5], {})[made.month] = row[4]
    histories = [tuple(by_month[month] for month in months) for by_month in names.values() if len(by_month) == 3]
    assert any(first != then == last for first, then, last in histories), "renamed for good"
    assert any(first == last != then for first, then, last in histories), "for a month"
