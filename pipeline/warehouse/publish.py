"""Marts -> Parquet files, readable while the pipeline runs: complete dimensions, facts by month (hive layout)."""

from datetime import date
from pathlib import Path

from pipeline.database import Warehouse, literal, quoted
from pipeline.progress import counter
from pipeline.warehouse.contents import STORED

SCHEMAS = ("core", "audit")


def export(warehouse: Warehouse, month: date | None, folder: Path, with_dimensions: bool = True) -> dict[Path, int]:
    """Writes the marts below ``folder``: a given month's facts, and the dimensions. Returns the rows by path.

    ``<table>/month=2024-01/<table>.parquet`` for tables with a ``source_month``, else ``<table>/<table>.parquet``.
    """
    written: dict[Path, int] = {}
    with warehouse.connect(read_only=True) as con:
        tables = con.execute(
            f"""
            select t.schema_name, t.table_name, bool_or(c.column_name = 'source_month')
            from {STORED} as t
            join duckdb_columns() as c using (schema_name, table_name)
            where t.schema_name in ? group by all order by all
            """,
            [list(SCHEMAS)],
        ).fetchall()
        exported = [table for table in tables if (month if table[2] else with_dimensions)]
        count = counter(len(exported))
        for schema, table, monthly in exported:
            path = Path(table, f"month={month:%Y-%m}" if monthly else "", f"{table}.parquet")
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            rows = f"select * from {schema}.{quoted(table)}" + (
                f" where source_month = date '{month}'" if monthly else ""
            )
            copy = f"copy ({rows}) to {literal(folder / path)} (format parquet, compression zstd)"
            written[path] = con.execute(copy).fetchall()[0][0]
            count()
    return written


def export_so_far(warehouse: Warehouse, table: str, folder: Path) -> None:
    """Writes the observed hours of a feed that is not final, with its own column names."""
    path = folder / table / f"{table}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    with warehouse.connect(read_only=True) as con:
        rows = f"select * exclude (source_month, source_row) from raw_data.{table} where temperature_2m is not null"
        con.execute(f"copy ({rows} order by all) to {literal(path)} (format parquet, compression zstd)")
