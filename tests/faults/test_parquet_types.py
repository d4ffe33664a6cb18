"""Parquet columns of any type with any value: what does not fit is null and counted, and no file is refused for it."""

import datetime
import decimal
from datetime import date
from pathlib import Path
from typing import Any

import numpy
import pyarrow as pa
import pyarrow.parquet
import pytest

from pipeline.ingest import convert
from pipeline.sample.generate import generate
from pipeline.sources import sources
from tests.conftest import create_once

MONTH = date(2024, 1, 1)
START = datetime.datetime(2024, 1, 1, 9, 30)
LARGEST = 2**63 - 2
TIME, COUNT, FARE, FLAG = "lpep_pickup_datetime", "passenger_count", "fare_amount", "store_and_fwd_flag"


def times(unit: str, value: int, zone: str | None = None) -> pa.Array:
    """A time as a number of units, and a usual one."""
    usual = pa.scalar(START, pa.timestamp(unit)).cast(pa.int64())
    return pa.array([value, usual.as_py()], pa.int64()).cast(pa.timestamp(unit, zone))


def decimals(digits: str, type_: pa.DataType) -> pa.Array:
    return pa.array([decimal.Decimal(digits), decimal.Decimal(2)], type_)


def broken_text() -> pa.Array:
    return pa.Array.from_buffers(pa.string(), 2, pa.array([b"\xff", b"N"]).buffers())


@pytest.fixture(scope="module")
def trips(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    def make(root: Path) -> None:
        generate(root, [MONTH], sources=["green_taxi"], rows={"green_taxi": 100})

    (path,) = create_once(tmp_path_factory, "parquet-types", make).glob("trip-data/*.parquet")
    return pyarrow.parquet.read_table(path).slice(0, 2)


def converted(trips: pa.Table, column: str, values: pa.Array, folder: Path) -> tuple[list[Any], int]:
    """The two values of a column in the converted file, and how many do not fit."""
    landed, part = folder / "2024-01.parquet", folder / "out.part"
    table = trips.set_column(trips.schema.get_field_index(column), column, values)
    pyarrow.parquet.write_table(table, landed)
    settings = {"threads": "1", "memory_limit": "1GB"}
    result = convert.to_parquet(sources()["green_taxi"], MONTH, landed, folder / "out.parquet", part, settings)
    assert (result.rows, result.rows_unreadable) == (2, 0)
    assert not (folder / "out.work").exists()
    misfits = sum(one.missing + one.invalid for one in result.type_differences)
    return pyarrow.parquet.read_table(part)[column].to_pylist(), misfits


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
@pytest.mark.parametrize(
    ("unit", "value"),
    [
        *(("ms", value) for value in (LARGEST + 1, LARGEST, -LARGEST, 9_223_372_036_854_776, -9_223_372_036_854_776)),
        *(("us", value) for value in (LARGEST + 1, LARGEST, -LARGEST, -9_223_372_022_400_000_000, 9 * 10**18)),
        *(("s", value) for value in (253_402_400_000, -62_135_700_000, 9_223_372_036_854)),
    ],
)
def test_a_time_beyond_the_calendar_is_null(
    trips: pa.Table, unit: str, value: int, zone: str | None, tmp_path: Path
) -> None:
    (first, second), misfits = converted(trips, TIME, times(unit, value, zone), tmp_path)
    assert (first, misfits) == (None, 1)
    assert second.date() == START.date()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (times("ns", LARGEST // 10**9 * 10**9), datetime.datetime(2262, 4, 11, 23, 47, 16)),
        (times("us", -1), datetime.datetime(1969, 12, 31, 23, 59, 59, 999999)),
        (times("ms", -86_400_000), datetime.datetime(1969, 12, 31)),
        (pa.array([date(1955, 11, 5), START.date()]), datetime.datetime(1955, 11, 5)),
        (pa.array(["2024-01-02 03:04:05", "2024-01-01 09:30:00"]), datetime.datetime(2024, 1, 2, 3, 4, 5)),
    ],
    ids=["nanoseconds", "before 1970", "milliseconds before 1970", "dates", "texts"],
)
def test_a_time_of_any_type_is_read(trips: pa.Table, values: pa.Array, expected: object, tmp_path: Path) -> None:
    assert converted(trips, TIME, values, tmp_path)[0][0] == expected


@pytest.mark.parametrize(
    ("column", "values"),
    [
        *((COUNT, pa.array([value, 2.0])) for value in (float("nan"), float("inf"), -float("inf"), 1e30, 1.5)),
        *((FARE, pa.array([value, 2.0])) for value in (float("nan"), float("inf"), 1e300)),
        (COUNT, pa.array([numpy.float16("nan"), numpy.float16(2)])),
        (COUNT, pa.array([float("inf"), 2.0], pa.float32())),
        (COUNT, pa.array([2**64 - 1, 2], pa.uint64())),
        (FARE, pa.array([2**64 - 1, 2], pa.uint64())),
        (COUNT, decimals("1.5", pa.decimal128(10, 1))),
        (FARE, decimals("9" * 38, pa.decimal128(38, 0))),
        (FARE, decimals("9" * 60, pa.decimal256(76, 0))),
        (COUNT, pa.array([float("nan"), 2.0]).dictionary_encode()),
        (COUNT, pa.array(["two", "2"], pa.large_string())),
        (COUNT, pa.array(["two", "2"]).dictionary_encode()),
        (COUNT, pa.array([b"\xff", b"2"], pa.large_binary())),
    ],
    ids=str,
)
def test_a_number_that_does_not_fit_is_null(trips: pa.Table, column: str, values: pa.Array, tmp_path: Path) -> None:
    assert converted(trips, column, values, tmp_path) == ([None, 2], 1)


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        (COUNT, pa.array([3, 2], pa.uint64()), [3, 2]),
        (COUNT, pa.array([3, 2], pa.int8()), [3, 2]),
        (FARE, pa.array([numpy.float16(1.5), numpy.float16(2)]), [1.5, 2]),
        (FARE, decimals("12.34", pa.decimal128(38, 10)), [12.34, 2]),
        (FARE, decimals("12.34", pa.decimal256(60, 2)), [12.34, 2]),
        (COUNT, pa.array([3, 2]).dictionary_encode(), [3, 2]),
        (FLAG, pa.array(["Y", "N"], pa.large_string()), ["Y", "N"]),
        (FLAG, pa.array(["Y", "N"], pa.string_view()), ["Y", "N"]),
        (FLAG, pa.array(["Y", "N"]).dictionary_encode(), ["Y", "N"]),
        (FLAG, pa.array([b"Y", b"N"]), ["Y", "N"]),
        (FLAG, pa.nulls(2), [None, None]),
    ],
    ids=str,
)
def test_a_value_of_another_type_that_fits_is_read(
    trips: pa.Table, column: str, values: pa.Array, expected: list[Any], tmp_path: Path
) -> None:
    assert converted(trips, column, values, tmp_path) == (expected, 0)


@pytest.mark.parametrize("values", [broken_text(), broken_text().dictionary_encode(), pa.array([b"\xff", b"N"])])
def test_a_text_that_is_not_utf8_is_null(trips: pa.Table, values: pa.Array, tmp_path: Path) -> None:
    assert converted(trips, FLAG, values, tmp_path) == ([None, "N"], 1)


@pytest.mark.parametrize(
    "values", [pa.array([[1], [2]]), pa.array([{"a": 1}, {"a": 2}]), pa.array([1, 2], pa.time64("us"))], ids=str
)
@pytest.mark.parametrize("column", [TIME, COUNT, FARE])
def test_nested_values_and_times_of_day_are_null(
    trips: pa.Table, column: str, values: pa.Array, tmp_path: Path
) -> None:
    assert converted(trips, column, values, tmp_path) == ([None, None], 2)
