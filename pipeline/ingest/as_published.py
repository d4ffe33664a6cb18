"""Published Parquet files that need no conversion: what Convert gives is the published file under another name.

To write 3.6 million rows once more would take 2 of the 3 CPU s of their conversion, and as much disk as the published
file (2026-12). The raw tables cast the values (warehouse/raw_views.py).
"""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.database import exactly, literal, quoted
from pipeline.ingest.casts import FLOATS, Field
from pipeline.ingest.readings import Reading

if TYPE_CHECKING:
    import duckdb

SIGNED = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"}
NUMBERS = {*SIGNED, *FLOATS}
CASTS = {"varchar": {"VARCHAR"}, "timestamp": {"TIMESTAMP"}}
"""The published types of a declared type whose values a cast gives; those of numbers are ``NUMBERS``."""
STORED = ("INT32", "INT64", "FLOAT", "DOUBLE")
"""How numbers and times are stored that both engines read as such. DuckDB reads long decimals as DOUBLE too."""
COMPRESSIONS = ("UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD")
"""Those that both engines read."""
MAX_GROUP_ROWS = 1 << 20
"""Largest row group: that of Arrow, which writes the TLC's files. A larger one keeps most cores idle, as each reads
groups of its own.
"""


def count_rows(con: "duckdb.DuckDBPyConnection", file: Path, reading: Reading) -> int | None:
    """The number of rows of a published Parquet file that can be used as it is; None for one that cannot.

    It has the declared columns and no others, of types that become the declared ones by a cast; every value fits; and
    both engines read it. All values are read once, so that a damaged file raises duckdb.Error here.
    """
    if not (all(is_cast(name, field) for name, field in reading.fields.items()) and is_simple(con, file, reading)):
        return None
    checked = [field.misfit_condition for field in reading.fields.values() if field.is_checked]
    misfits = " + ".join(f"count(*) filter ({condition})" for condition in checked) or "0"
    values = ", ".join(quoted(field.name) for field in reading.fields.values())
    # The hash has no use, except that DuckDB reads all values for it.
    query = f"select count(*), {misfits}, bit_xor(hash({values})) from {reading.from_clause}"
    rows, found, _ = con.execute(query).fetchall()[0]
    return None if found else int(rows)


def is_cast(name: str, field: Field) -> bool:
    """Whether a published column has the declared name, and a cast gives the declared value of each that fits."""
    return field.name.lower() == name.lower() and field.type in CASTS.get(field.column.type, NUMBERS)


def is_simple(con: "duckdb.DuckDBPyConnection", file: Path, reading: Reading) -> bool:
    """Whether a file has declared columns alone, and both engines read how they are stored, on several cores.

    Spark does not read all encodings, and takes times of New York's clock for such only where the file says so.
    """
    path, declared = literal(exactly(file)), [field.column.type for field in reading.fields.values()]
    times = "contains(logical_type, 'isAdjustedToUTC=0') and contains(logical_type, 'MICROS=MicroSeconds')"
    columns = f"""
        select count(*) - 1, count(*) filter ({times}), count(*) filter (type in {STORED}),
            count(*) filter (type = 'BYTE_ARRAY')
        from parquet_schema({path})
    """  # the first one is the file itself
    chunks = f"""
        select count(*) from parquet_metadata({path})
        where compression not in {COMPRESSIONS} or contains(encodings, 'BYTE_STREAM_SPLIT')
            or row_group_num_rows > {MAX_GROUP_ROWS}
    """
    found = [*con.execute(columns).fetchall()[0], *con.execute(chunks).fetchall()[0]]
    texts = declared.count("varchar")
    return found == [len(declared), declared.count("timestamp"), len(declared) - texts, texts, 0]


def link(file: Path, part: Path) -> None:
    """Gives the file a second name, or copies it where the file system allows no second one."""
    try:
        os.link(file, part)
    except OSError:
        shutil.copyfile(file, part)
