"""Changed rows of a loaded file, for tests of what becomes of them."""

import json
from pathlib import Path

import duckdb

from pipeline.paths import sha256_of


def change_rows(data: Path, source: str, month: str, statement: str) -> None:
    """Changes the rows of a month's Parquet file by an SQL statement on the table ``rows``.

    Its receipt agrees with the file afterwards, so that it is not converted again.
    """
    parquet = data / f"parquet/{source}/{month}.parquet"
    receipt = parquet.with_suffix(".json")
    with duckdb.connect() as con:
        con.execute(
            f"create table rows as select *, file_row_number as source_row "
            f"from read_parquet('{parquet}', file_row_number = true, hive_partitioning = false)"
        )
        con.execute(statement)
        rows = "select * exclude (file_row_number, source_row) from rows order by source_row"
        con.execute(f"copy ({rows}) to '{parquet}' (format parquet)")
    record, name = json.loads(receipt.read_text()), str(parquet.relative_to(data))
    record["files"][name] = parquet.stat().st_size
    record["sha256_of_files"][name] = sha256_of(parquet)
    receipt.write_text(json.dumps(record))
