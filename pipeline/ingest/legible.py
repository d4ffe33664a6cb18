"""A copy of a Parquet file that DuckDB reads: it stops at times beyond its limits, and at text that is not UTF-8."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow

LIMIT_S = 9_151_000_000_000
"""Seconds from 1970: 290,000 years. DuckDB's timestamps end with the years -290308 and 294247."""
UNITS_PER_S = {"s": 1, "ms": 10**3, "us": 10**6}
"""Times in nanoseconds cannot be beyond the limit."""
Change = Callable[["pyarrow.ChunkedArray"], "pyarrow.ChunkedArray"]


def legible_copy(file: Path, folder: Path) -> Path:
    """Writes a copy in the folder, and returns its path, or that of the file where nothing in it stops DuckDB.

    In the copy, times beyond the limit are at the limit, where they fit no declared column, and columns with text that
    is not UTF-8 are bytes. A row group is held in memory.
    """
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(file) as published:
            if not (changes := changes_of(published)):
                return file
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(published.num_row_groups):
                table = changed(published.read_row_group(number), changes)
                if number == 0:
                    writer = pyarrow.parquet.ParquetWriter(folder / file.name, table.schema)
                writer.write_table(table)
            writer.close()
    except (pyarrow.ArrowException, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the disk
            raise
        return file  # Arrow cannot read it either
    return folder / file.name


def changes_of(published: "pyarrow.parquet.ParquetFile") -> Mapping[str, Change]:
    """How the columns that stop DuckDB are changed, by their names."""
    changes: dict[str, Change] = {}
    for number in range(published.num_row_groups):
        table = published.read_row_group(number)
        for name in {*table.column_names} - {*changes}:
            if change := change_of(table[name]):
                changes[name] = change
    return changes


def change_of(column: "pyarrow.ChunkedArray") -> Change | None:
    """The change that the values need, if any."""
    import pyarrow

    if pyarrow.types.is_timestamp(column.type) and column.type.unit in UNITS_PER_S:
        return within_limit if not within_limit(column).equals(column) else None
    try:
        column.validate(full=True)
    except pyarrow.ArrowInvalid:
        return as_bytes
    return None


def changed(table: "pyarrow.Table", changes: Mapping[str, Change]) -> "pyarrow.Table":
    for name, change in changes.items():
        table = table.set_column(table.column_names.index(name), name, change(table[name]))
    return table


def within_limit(times: "pyarrow.ChunkedArray") -> "pyarrow.ChunkedArray":
    import pyarrow
    from pyarrow import compute

    limit = LIMIT_S * UNITS_PER_S[times.type.unit]
    numbers = compute.min_element_wise(times.cast(pyarrow.int64()), limit, skip_nulls=False)
    return compute.max_element_wise(numbers, -limit, skip_nulls=False).cast(times.type)


def as_bytes(texts: "pyarrow.ChunkedArray") -> "pyarrow.ChunkedArray":
    import pyarrow

    plain = texts.cast(texts.type.value_type) if pyarrow.types.is_dictionary(texts.type) else texts
    return plain.cast(pyarrow.large_binary())
