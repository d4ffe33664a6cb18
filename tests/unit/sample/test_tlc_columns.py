"""The columns of trip records by month, compared with config/sources and with written files."""

from datetime import date

import pytest
from pyarrow import parquet

from pipeline.months import month_range
from pipeline.sample.tlc import FLEETS
from pipeline.sample.tlc_columns import columns_of
from pipeline.sources import sources
from tests.unit.sample.conftest import Generated

SOURCE_MONTHS = [
    (source, month) for source in FLEETS for month in month_range(sources()[source].first_month, date(2025, 12, 1))
]


def test_every_column_is_declared_by_its_source() -> None:
    for source, month in SOURCE_MONTHS:
        declared = set().union(*(column.names for column in sources()[source].columns))
        assert {name.lower() for name in columns_of(source, month)} <= declared, f"{source} {month}"


def test_every_column_that_its_source_requires_exists() -> None:
    for source, month in SOURCE_MONTHS:
        names = {name.lower() for name in columns_of(source, month)}
        required = [column for column in sources()[source].columns if column.is_required_in(month)]
        assert not [column.name for column in required if not column.names & names], f"{source} {month}"


def test_a_column_has_the_null_type_before_its_source_declares_it() -> None:
    """``improvement_surcharge`` is the exception: it is 0 before 2015."""
    for source, month in SOURCE_MONTHS:
        types = {name.lower(): type for name, (_, type) in columns_of(source, month).items()}
        for column in sources()[source].columns:
            if column.since and month < column.since and column.name != "improvement_surcharge":
                found = {types[name] for name in column.names & types.keys()}
                assert found <= {"null"}, f"{source} {month} {column.name}"


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
def test_files_of_yellow_taxis_have_the_types_of_their_month(
    eras: Generated, month: date, column: str, type: str
) -> None:
    assert str(parquet.read_schema(eras.file("yellow_taxi", month)).field(column).type) == type


@pytest.mark.parametrize(("month", "type"), [(date(2023, 1, 1), "null"), (date(2023, 2, 1), "double")])
def test_files_of_green_taxis_have_the_types_of_their_month(eras: Generated, month: date, type: str) -> None:
    assert str(parquet.read_schema(eras.file("green_taxi", month)).field("ehail_fee").type) == type


def test_files_of_for_hire_vehicles_have_the_names_of_their_month(eras: Generated) -> None:
    def names(month: date) -> list[str]:
        return list(parquet.read_schema(eras.file("fhv_taxi", month)).names)

    assert names(date(2015, 5, 1)) == ["Dispatching_base_num", "Pickup_date", "locationID"]
    assert "Pickup_DateTime" in names(date(2017, 3, 1))
    assert "SR_Flag" not in names(date(2017, 3, 1))
    assert "PULocationID" in names(date(2019, 5, 1))
    assert {"PUlocationID", "dropOff_datetime"} <= set(names(date(2023, 1, 1)))
