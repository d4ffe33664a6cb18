"""Which published Parquet files are used as they are, and that their values are those of a conversion."""

import errno
import math
import os
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.database import in_memory
from pipeline.errors import BadFile
from pipeline.ingest import as_published, convert
from pipeline.ingest.readings import readings_of
from pipeline.sources import sources
from pipeline.warehouse import raw_views

JANUARY, NOON = date(2024, 1, 1), datetime(2024, 1, 2, 12)
FHV = sources()["fhv_taxi"]
TYPES = {
    "dispatching_base_num": pyarrow.string(),
    "pickup_datetime": pyarrow.timestamp("us"),
    "dropOff_datetime": pyarrow.timestamp("us"),
    "PUlocationID": pyarrow.float64(),
    "DOlocationID": pyarrow.float64(),
    "SR_Flag": pyarrow.int32(),
    "Affiliated_base_number": pyarrow.string(),
}
"""As the TLC publishes them: the zones are declared to be integers."""
ZSTD = b"\x28\xb5\x2f\xfd"
"""Begins what is compressed."""
RIDE = {"pickup_datetime": NOON, "PUlocationID": 132.0}


def publish(path: Path, rows: list[dict[str, Any]], types: dict[str, Any] | None = None, **options: Any) -> Path:
    """Writes a published file; a column whose type is None is left out."""
    schema = pyarrow.schema({name: type_ for name, type_ in (TYPES | (types or {})).items() if type_ is not None})
    arrays = [pyarrow.array([row.get(name) for row in rows], schema.field(name).type) for name in schema.names]
    pyarrow.parquet.write_table(pyarrow.table(arrays, schema), path, **options)
    return path


def to_parquet(landed: Path, month: date = JANUARY) -> Path:
    parquet = landed.with_name("converted.parquet")
    parquet.unlink(missing_ok=True)
    convert.to_parquet(FHV, month, landed, parquet, parquet, {"threads": "1"})
    return parquet


@pytest.mark.parametrize(
    "types",
    [
        {},
        {"PUlocationID": pyarrow.int64(), "SR_Flag": pyarrow.int8()},
        {"PUlocationID": pyarrow.float32()},
        {"PUlocationID": None, "PULOCATIONID": pyarrow.float64()},
    ],
    ids=["as the TLC writes it", "integers", "short numbers", "another case"],
)
def test_a_file_of_declared_columns_is_used_as_it_is(types: dict[str, Any], tmp_path: Path) -> None:
    landed = publish(tmp_path / "a.parquet", [RIDE, {}], types)
    assert to_parquet(landed).samefile(landed)


def test_a_file_of_a_time_when_there_were_fewer_columns_is_used_as_it_is(tmp_path: Path) -> None:
    landed = publish(tmp_path / "a.parquet", [RIDE], {"Affiliated_base_number": None})
    assert to_parquet(landed, date(2018, 1, 1)).samefile(landed)


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd"])
def test_a_file_that_spark_reads_is_used_as_it_is(compression: str, tmp_path: Path) -> None:
    landed = publish(tmp_path / "a.parquet", [RIDE], compression=compression)
    assert to_parquet(landed).samefile(landed)


@pytest.mark.parametrize(
    ("row", "types", "options"),
    [
        ({"PUlocationID": 132.5}, {}, {}),
        ({"PUlocationID": math.nan}, {}, {}),
        ({"PUlocationID": 1e10}, {}, {}),
        ({"extra": 1}, {"extra": pyarrow.int32()}, {}),
        ({"PUlocationID": "132"}, {"PUlocationID": pyarrow.string()}, {}),
        ({"PUlocationID": None}, {"PUlocationID": pyarrow.null()}, {}),
        ({"PUlocationID": 132}, {"PUlocationID": pyarrow.uint16()}, {}),
        ({"dispatching_base_num": b"B1"}, {"dispatching_base_num": pyarrow.binary()}, {}),
        ({"dispatching_base_num": 7}, {"dispatching_base_num": pyarrow.int32()}, {}),
        ({"PUlocationID": Decimal(132)}, {"PUlocationID": pyarrow.decimal256(40, 2)}, {}),
        ({"PUlocationID": numpy.float16(132)}, {"PUlocationID": pyarrow.float16()}, {}),
        ({}, {"pickup_datetime": pyarrow.timestamp("us", "UTC")}, {}),
        ({}, {"pickup_datetime": pyarrow.timestamp("ms")}, {}),
        ({}, {"pickup_datetime": pyarrow.timestamp("ns")}, {}),
        ({}, {}, {"use_deprecated_int96_timestamps": True}),
        ({}, {}, {"compression": "brotli"}),
        ({}, {}, {"use_dictionary": False, "column_encoding": {"PUlocationID": "BYTE_STREAM_SPLIT"}}),
    ],
    ids=[
        *("fraction", "nan", "large", "undeclared", "text", "null", "unsigned", "bytes", "number for text"),
        *("long decimal", "half float", "zone", "milliseconds", "nanoseconds", "int96", "brotli", "byte stream split"),
    ],
)
def test_any_other_file_is_converted(
    row: dict[str, Any], types: dict[str, Any], options: dict[str, Any], tmp_path: Path
) -> None:
    landed = publish(tmp_path / "a.parquet", [RIDE | row], types, **options)
    parquet = to_parquet(landed)
    assert not parquet.samefile(landed)
    with in_memory() as con:
        columns = raw_views.columns_of(con, parquet)
    assert {column.name: columns[column.name].lower() for column in FHV.columns} == {
        column.name: column.type for column in FHV.columns
    }


def test_a_file_of_one_large_row_group_is_converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_published, "MAX_GROUP_ROWS", 2)
    landed = publish(tmp_path / "a.parquet", [RIDE] * 4, row_group_size=2)
    assert to_parquet(landed).samefile(landed)
    landed = publish(tmp_path / "a.parquet", [RIDE] * 4, row_group_size=3)
    assert not to_parquet(landed).samefile(landed)


NUMBERS = st.none() | st.integers(-(2**31), 2**31 - 1)
TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
TIMES = st.none() | st.datetimes()
ROWS = st.fixed_dictionaries(
    {
        "dispatching_base_num": TEXTS,
        "pickup_datetime": TIMES,
        "dropOff_datetime": TIMES,
        "PUlocationID": NUMBERS,
        "DOlocationID": NUMBERS,
        "SR_Flag": NUMBERS,
    }
)
NUMERIC = st.sampled_from([pyarrow.int32(), pyarrow.int64(), pyarrow.float64()])


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, min_size=1, max_size=5), pickup=NUMERIC, dropoff=NUMERIC, flag=NUMERIC)
def test_the_raw_table_has_the_values_of_a_conversion(
    rows: list[dict[str, Any]], pickup: Any, dropoff: Any, flag: Any, tmp_path: Path
) -> None:
    types = {"PUlocationID": pickup, "DOlocationID": dropoff, "SR_Flag": flag}
    landed = publish(tmp_path / "2024-01.parquet", rows, types)
    parquet = to_parquet(landed)
    assert parquet.samefile(landed)
    with in_memory() as con:
        (reading,) = readings_of(con, FHV, JANUARY, [landed])
        converted = con.execute(f"select * exclude misfits from ({reading.query})").fetchall()
        columns = raw_views.columns_of(con, landed)
        file_types = tuple(columns.get(column.name) for column in FHV.columns)
        shown = con.execute(raw_views.query_of(FHV, file_types, [landed])).fetchall()
    assert [row[:-2] for row in shown] == converted
    assert [row[-2:] for row in shown] == [(JANUARY, number) for number in range(len(rows))]


def test_damaged_values_are_found_although_nothing_is_written(tmp_path: Path) -> None:
    rows = [{"Affiliated_base_number": f"B{number:05}"} for number in range(1_000)]
    landed = publish(tmp_path / "a.parquet", rows, compression="zstd", use_dictionary=False)
    before, frame, after = landed.read_bytes().rpartition(ZSTD)
    landed.write_bytes(before + bytes(len(frame)) + after)
    with pytest.raises(BadFile, match=r"2024-01 fhv_taxi: a.parquet cannot be read: it is damaged"):
        to_parquet(landed)


def test_another_number_of_rows_than_the_file_states_is_refused(tmp_path: Path) -> None:
    landed = publish(tmp_path / "a.parquet", [RIDE] * 3)
    with in_memory() as con, pytest.raises(BadFile, match=r"its footer states 3 rows, its row groups have 2"):
        convert.check_row_count(con, [landed], 2)


def test_a_file_system_without_hard_links_gets_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    landed = publish(tmp_path / "a.parquet", [RIDE])
    parquet = to_parquet(landed)
    assert not parquet.samefile(landed)
    assert parquet.read_bytes() == landed.read_bytes()


@pytest.mark.parametrize("row", [RIDE, RIDE | {"PUlocationID": 132.5}], ids=["used as it is", "converted"])
def test_what_a_killed_run_has_left_is_not_written_to(row: dict[str, Any], tmp_path: Path) -> None:
    """It may be another name of a published file."""
    earlier, part = publish(tmp_path / "a.parquet", [RIDE]), tmp_path / "part"
    content = earlier.read_bytes()
    os.link(earlier, part)
    landed = publish(tmp_path / "b.parquet", [row, row])
    convert.to_parquet(FHV, JANUARY, landed, tmp_path / "out.parquet", part, {"threads": "1"})
    assert earlier.read_bytes() == content
    assert not part.samefile(earlier)
