"""Copies of Parquet files with what stops DuckDB, read by DuckDB."""

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from pipeline.ingest.legible import legible_copy

LARGEST = 2**63 - 2
NOT_UTF8 = [b"Caf\xc3\xa9", None, b"Caf\xe9"]


def times(unit: str, *values: int | None, zone: str | None = None) -> pa.Array:
    return pa.array(values, pa.int64()).cast(pa.timestamp(unit, zone))


def texts(type_: pa.DataType) -> pa.Array:
    """Texts of which the last is not UTF-8: Arrow checks them when it casts, not when it takes over buffers."""
    return pa.Array.from_buffers(type_, len(NOT_UTF8), pa.array(NOT_UTF8, as_bytes(type_)).buffers())


def as_bytes(type_: pa.DataType) -> pa.DataType:
    return pa.large_binary() if type_ == pa.large_string() else pa.binary()


def copied(column: pa.Array, folder: Path, **options: Any) -> Path:
    table = pa.table({"number": list(range(len(column))), "value": column})
    pyarrow.parquet.write_table(table, folder / "a.parquet", row_group_size=2, **options)
    return legible_copy(folder / "a.parquet", folder / "copies")


def read(path: Path, value: str) -> list[Any]:
    return [row[0] for row in duckdb.execute(f"select {value} from '{path}' order by number").fetchall()]


@pytest.mark.parametrize("unit", ["ms", "us"])
@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_times_beyond_what_duckdb_holds_are_at_the_limit(unit: str, zone: str | None, tmp_path: Path) -> None:
    copy = copied(times(unit, 1, LARGEST, None, -LARGEST, zone=zone), tmp_path)
    assert copy == tmp_path / "copies/a.parquet"
    assert read(copy, "year(value::timestamp)") == [1970, 291953, None, -288014]
    assert pyarrow.parquet.read_schema(copy).field("value").type == pa.timestamp(unit, zone)


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string()])
def test_a_column_with_text_that_is_not_utf8_is_bytes(type_: pa.DataType, tmp_path: Path) -> None:
    copy = copied(texts(type_), tmp_path)
    assert read(copy, "value") == NOT_UTF8
    assert read(copy, "try(decode(value))") == ["Café", None, None]


def test_a_dictionary_with_text_that_is_not_utf8_is_bytes(tmp_path: Path) -> None:
    values = pa.Array.from_buffers(pa.string(), 2, pa.array([b"Caf\xc3\xa9", b"Caf\xe9"]).buffers())
    codes = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0, None], pa.int32()), values)
    assert read(copied(codes, tmp_path), "value") == [b"Caf\xc3\xa9", b"Caf\xe9", b"Caf\xc3\xa9", None]


@pytest.mark.parametrize(
    "column",
    [times("us", 1, None), times("ns", LARGEST, -LARGEST), pa.array(["a", None]), pa.array([float("nan"), 1.0])],
    ids=["times", "nanoseconds", "texts", "numbers"],
)
def test_a_file_that_duckdb_reads_is_not_copied(column: pa.Array, tmp_path: Path) -> None:
    assert copied(column, tmp_path) == tmp_path / "a.parquet"
    assert not (tmp_path / "copies").exists()


def test_a_file_that_arrow_cannot_read_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    assert legible_copy(tmp_path / "a.parquet", tmp_path / "copies") == tmp_path / "a.parquet"
