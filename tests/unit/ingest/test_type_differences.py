"""Values that do not fit are null and counted by column; any table and any bytes give a result or an error."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import BadFile
from pipeline.ingest import convert
from pipeline.results import Converted, TypeDifference
from pipeline.sources import sources

GREEN = sources()["green_taxi"]
JANUARY = date(2024, 1, 1)
SETTINGS = {"threads": "1", "memory_limit": "1GB"}


def convert_table(folder: Path, columns: dict[str, Any], rows: int) -> Converted:
    """The conversion of a file of green taxi trips with these columns; the others are null."""
    missing = {column.name: pyarrow.nulls(rows) for column in GREEN.columns if column.name not in columns}
    pyarrow.parquet.write_table(pyarrow.table(columns | missing), folder / "a.parquet")
    return convert.to_parquet(GREEN, JANUARY, folder / "a.parquet", folder / "out", folder / "out", SETTINGS)


def test_values_that_do_not_fit_are_counted_and_reported_by_column(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nan = float("nan")
    columns = {
        "passenger_count": [1.0, nan, 2.5, None],
        "trip_distance": ["3.2", "far", "NULL", "further"],
        "fare_amount": pyarrow.array([1, 2, 3, 4], pyarrow.decimal128(12, 2)),
    }
    converted = convert_table(tmp_path, columns, 4)
    assert converted == Converted(4, 0), "no row is lost"
    assert converted.type_differences == (
        TypeDifference(
            column="passenger_count",
            is_other_type=False,
            missing=1,
            invalid=1,
            sentence="1 of 4 values of passenger_count are NaN or a text for a missing value; "
            "1 of 4 values of passenger_count do not fit smallint, such as '2.5'; they are null",
        ),
        TypeDifference(
            column="trip_distance",
            is_other_type=True,
            missing=1,
            invalid=2,
            sentence="trip_distance is published as VARCHAR, expected double; "
            "1 of 4 values of trip_distance are NaN or a text for a missing value; "
            "2 of 4 values of trip_distance do not fit double, such as 'far'; they are null",
        ),
    )
    assert "2024-01 green_taxi: a.parquet: trip_distance is published as VARCHAR" in caplog.text
    found = pyarrow.parquet.read_table(tmp_path / "out", columns=["passenger_count", "trip_distance", "misfits"])
    assert found.to_pydict() == {
        "passenger_count": [1, None, None, None], "trip_distance": [3.2, None, None, None], "misfits": [0, 2, 2, 1],
    }  # fmt: skip


def test_nan_is_found_whatever_the_statistics_of_a_parquet_file_say(tmp_path: Path) -> None:
    """They leave NaN out; DuckDB 2.0 concludes from them that there is none."""
    numbers = [1.0, float("nan"), 1.0, float("nan")]
    converted = convert_table(
        tmp_path, {"passenger_count": numbers, "fare_amount": numbers, "extra": numbers[1:2] * 4}, 4
    )
    assert [(each.column, each.missing, each.invalid) for each in converted.type_differences] == [
        ("passenger_count", 2, 0),
        ("fare_amount", 2, 0),
        ("extra", 4, 0),
    ]
    found = pyarrow.parquet.read_table(tmp_path / "out", columns=["fare_amount", "extra"]).to_pydict()
    assert found == {"fare_amount": [1, None, 1, None], "extra": [None] * 4}


def test_columns_that_are_all_null_or_of_another_number_type_are_no_difference(tmp_path: Path) -> None:
    columns = {"VendorID": [2.0], "passenger_count": [1], "ehail_fee": pyarrow.nulls(1)}
    assert convert_table(tmp_path, columns, 1).type_differences == ()


TYPES = st.sampled_from(
    [
        *(pyarrow.int8(), pyarrow.uint64(), pyarrow.float16(), pyarrow.float32(), pyarrow.float64()),
        *(pyarrow.decimal128(38, 0), pyarrow.decimal128(5, 2), pyarrow.decimal256(50, 3), pyarrow.bool_()),
        *(pyarrow.string(), pyarrow.large_string(), pyarrow.binary(), pyarrow.binary(3), pyarrow.null()),
        *(pyarrow.dictionary(pyarrow.int8(), pyarrow.string()), pyarrow.date32()),
        *(pyarrow.timestamp("ns"), pyarrow.timestamp("ms"), pyarrow.timestamp("us", "UTC"), pyarrow.duration("us")),
        *(
            pyarrow.list_(pyarrow.int8()),
            pyarrow.struct({"a": pyarrow.string()}),
            pyarrow.map_(pyarrow.string(), pyarrow.int8()),
        ),
    ]
)


@st.composite
def columns_of_any_type(draw: st.DrawFn, rows: int) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from([column.name for column in GREEN.columns]), unique=True, max_size=4))
    columns = {}
    for name in names:
        type_ = draw(TYPES)
        # DuckDB reads no file with a time in milliseconds after the year 294247.
        value = st.none() | st.integers(-(2**40), 2**40) | st.floats(-1e15, 1e15) | st.just(float("nan")) | st.text()
        values = draw(st.lists(value, min_size=rows, max_size=rows))
        columns[name] = pyarrow.array([as_type(value, type_) for value in values], type_)
    return columns


def as_type(value: Any, type_: Any) -> Any:
    """The value if it is one of the type, else null."""
    try:
        scalar = pyarrow.scalar(value, type_)
    except (pyarrow.ArrowException, ValueError, TypeError, OverflowError, AttributeError):
        return None
    return scalar if scalar.is_valid else None


@given(columns=columns_of_any_type(rows=5))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_column_of_any_type_loses_no_row(columns: dict[str, Any], tmp_path: Path) -> None:
    converted = convert_table(tmp_path, columns, 5)
    assert converted == Converted(5, 0)
    found = pyarrow.parquet.read_table(tmp_path / "out")
    for name, values in columns.items():
        lost = found[name].null_count - values.null_count
        counted = [each for each in converted.type_differences if each.column == name]
        assert lost == sum(each.missing + each.invalid for each in counted)


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_parquet_file_with_changed_bytes_is_converted_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    if not (tmp_path / "sound").exists():
        convert_table(tmp_path, {"trip_distance": [1.5] * 100, "store_and_fwd_flag": ["N"] * 100}, 100)
        (tmp_path / "a.parquet").rename(tmp_path / "sound")
    content = bytearray((tmp_path / "sound").read_bytes())
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[position] = data.draw(st.integers(0, 255))
    (tmp_path / "b.parquet").write_bytes(content)
    try:
        convert.to_parquet(GREEN, JANUARY, tmp_path / "b.parquet", tmp_path / "out", tmp_path / "out", SETTINGS)
    except BadFile as error:
        assert len(str(error).splitlines()) == 1


def test_a_parquet_file_whose_footer_states_other_rows_than_it_has_is_refused(tmp_path: Path) -> None:
    convert_table(tmp_path, {}, 5)
    content = (tmp_path / "a.parquet").read_bytes()
    at = content.index(b"\x16\x0a", len(content) - 8 - int.from_bytes(content[-8:-4], "little"))  # 5 as a long number
    (tmp_path / "a.parquet").write_bytes(content[: at + 1] + b"\x0e" + content[at + 2 :])
    line = "^2024-01 green_taxi: a.parquet: its footer states 7 rows, its row groups have 5$"
    with pytest.raises(BadFile, match=line):
        convert.to_parquet(GREEN, JANUARY, tmp_path / "a.parquet", tmp_path / "out", tmp_path / "out", SETTINGS)
