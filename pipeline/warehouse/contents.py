"""What the tables hold, as numbers of rows and digests: receipts record it, and the verb verify compares it.

A digest is the sum of the rows' hashes, so that their order makes no difference. It takes 0.1 s for a million facts; by
MD5, which is the same in every version of DuckDB, it takes 2.6 s (2 cores, 2026-11). It therefore begins with DuckDB's
version, and digests of two versions are not compared: the Parquet files of the same rows are, see ``have_equal_rows``.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.database import Warehouse, file_argument, literal, quoted
from pipeline.results import Content

if TYPE_CHECKING:
    import duckdb

MODELS = ("staging", "core", "audit")
"""The schemas of dbt's models."""
REACHING_NEIGHBOURS = ("core.fct_hourly_mobility", "staging.int_trips__repeated")
"""The monthly tables in which the build of one month changes rows of its neighbours (``reach`` in the dbt models)."""
MONTH = "source_month"
OF_LAKE = "stored in the lake"
"""The comment of views that show a table of the lake (lake.py)."""
STORED = f"""(
    select schema_name, table_name from duckdb_tables()
    union all
    select schema_name, view_name from duckdb_views() where comment = '{OF_LAKE}'
)"""
"""The stored tables: those of the file, and those of the lake."""

Columns = Mapping[str, str]
"""The types of a table's columns by name."""
Contents = dict[str, Content]
"""What tables hold, by their names with the schema."""


def contents_of_months(
    warehouse: Warehouse, months: Collection[date], reached: Collection[date] = (), with_digests: bool = True
) -> dict[date, Contents]:
    """The rows of these months in each monthly table of the models.

    Of the months ``reached``, those in the tables in which another month's build changes them.
    """
    with warehouse.connect(read_only=True) as con:
        found: dict[date, Contents] = {month: {} for month in {*months, *reached}}
        for table, columns in tables_of_models(con).items():
            if MONTH in columns:
                selected = {*months, *(reached if table in REACHING_NEIGHBOURS else ())}
                by_month = dict(by_month_of(con, table, columns, selected, with_digests))
                for month in selected:
                    found[month][table] = by_month.get(month, Content(0, no_rows() if with_digests else ""))
    return found


def contents_of_dimensions(warehouse: Warehouse, with_digests: bool = True) -> Contents:
    """The rows of the models' tables that have no months. Of a view, only that it exists."""
    with warehouse.connect(read_only=True) as con:
        views = f"""
            select schema_name || '.' || view_name from duckdb_views()
            where schema_name in $1 and schema_name <> $2 and (schema_name, view_name) not in {STORED}
        """
        found = {name: Content(None) for (name,) in con.execute(views, [MODELS, "staging"]).fetchall()}
        for table, columns in tables_of_models(con).items():
            if MONTH not in columns:
                digest = digest_of(columns) if with_digests else "''"
                [row] = con.execute(f"select count(*), {digest} from {table}").fetchall()
                found[table] = Content(*row)
    return found


def by_month_of(
    con: "duckdb.DuckDBPyConnection", table: str, columns: Columns, months: Collection[date], with_digests: bool
) -> Iterator[tuple[date, Content]]:
    digest = digest_of(columns) if with_digests else "''"
    query = f"select {MONTH}, count(*), {digest} from {table} where {MONTH} in $1 group by all"
    for month, rows, found in con.execute(query, [list(months)]).fetchall():
        yield month, Content(rows, found)


def tables_of_models(con: "duckdb.DuckDBPyConnection") -> Mapping[str, Columns]:
    """The columns of each table of the models."""
    found: dict[str, dict[str, str]] = {}
    for table, column, type_ in con.execute(
        f"""
        select t.schema_name || '.' || t.table_name, c.column_name, c.data_type
        from {STORED} as t join duckdb_columns() as c using (schema_name, table_name)
        where t.schema_name in $1 order by 1, c.column_index
        """,
        [MODELS],
    ).fetchall():
        found.setdefault(table, {})[column] = type_
    return found


def digest_of(columns: Columns) -> str:
    """SQL for the digest of the rows that have these columns."""
    return f"{literal(version() + ' ')} || {hash_of(columns)}"


def no_rows() -> str:
    return f"{version()} 0"


def hash_of(columns: Columns) -> str:
    """SQL for the sum of the rows' hashes. The hash of an enum's value depends on the order in its type."""
    values = (
        f"{quoted(name)}::varchar" if type_.startswith("ENUM") else quoted(name) for name, type_ in columns.items()
    )
    return f"coalesce(sum(hash({', '.join(values)})), 0)::varchar"


@cache
def version() -> str:
    import duckdb

    return duckdb.__version__


def are_comparable(one: str, other: str) -> bool:
    """Whether two digests were computed by the same version of DuckDB."""
    return one.split(" ", maxsplit=1)[0] == other.split(" ", maxsplit=1)[0]


def is_published_as_in(warehouse: Warehouse, table: str, month: date | None, parquet: Path) -> bool:
    """Whether the rows of a table of the models, or those of the month, are those of its published file."""
    with warehouse.connect(read_only=True) as con:
        rows = f"(select * from {table}" + (f" where {MONTH} = date '{month}')" if month else ")")
        return have_equal_rows(con, rows, f"read_parquet({file_argument(parquet)})")


def have_equal_rows(con: "duckdb.DuckDBPyConnection", table: str, file: str) -> bool:
    """Whether the rows of a table are those of a file, in which columns may be missing that are null in the table."""
    types = {name: type_ for name, type_, *_ in con.execute(f"describe select * from {table}").fetchall()}
    names = [name for name, *_ in con.execute(f"describe select * from {file}").fetchall()]
    columns = {name: types[name] for name in types if name in names}
    casts = ", ".join(
        f"{quoted(name)}::{'varchar' if type_.startswith('ENUM') else type_} as {quoted(name)}"
        for name, type_ in columns.items()
    )
    queries = [f"select count(*), {hash_of(columns)} from (select {casts} from {one})" for one in (table, file)]
    found, expected = (con.execute(query).fetchall() for query in queries)
    return bool(found == expected)
