"""The raw tables: for each source, a view of the Parquet files of its loaded months.

The rows are stored once, in the files that Convert gives. Tables of their own would take 1.4 times as much again, and
their loading a sixteenth of the time of a month (2026-11). Files that are used as they were published have other types
than declared, and their names in other cases (ingest/as_published.py): the views cast them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.database import exactly, file_argument, literal, quoted
from pipeline.errors import BadFile
from pipeline.months import add_months
from pipeline.paths import data_folder, path_for, program
from pipeline.sources import Source, sources

if TYPE_CHECKING:
    import duckdb

Columns = Mapping[str, str]
"""The types of a file's columns by name."""
Types = tuple[str | None, ...]
"""The types that a file has of the declared columns, None for those that it lacks."""


def parquet_of(source: Source, month: date) -> Path:
    """The Parquet file of the source's month."""
    return path_for("parquet", source.label(month), ".parquet", source.name)


def rows_of(con: "duckdb.DuckDBPyConnection", parquet: Path) -> int:
    """The number of rows of a Parquet file, by its metadata."""
    found = con.execute(f"select count(*) from read_parquet({file_argument(parquet)})").fetchall()
    return int(found[0][0])


def columns_of(con: "duckdb.DuckDBPyConnection", parquet: Path) -> Columns:
    """The columns of a Parquet file."""
    found = con.execute(f"describe select * from read_parquet({file_argument(parquet)})").fetchall()
    return {name: type_ for name, type_, *_ in found}


def prepare(con: "duckdb.DuckDBPyConnection", shown: Iterable[Source]) -> None:
    """Creates the raw tables of these sources, loaded or not.

    Existing ones get the declared columns, and the paths of the data folder as it is now.
    """
    views = {name for (name,) in con.execute("select view_name from duckdb_views()").fetchall()}
    for source in shown:
        if source.name not in views:
            drop_table(con, source)
        replace(con, source)
        if source.so_far_url and (so_far := source.so_far(date.today())).name not in views:
            con.execute(f"drop table if exists raw_data.{so_far.name}")
            show(con, so_far, {})


def drop_table(con: "duckdb.DuckDBPyConnection", source: Source) -> None:
    """Drops the table in which an earlier version stored the rows (until 2026-11), and records the files' columns.

    Nothing is done where a file is lost: it has to be converted again first.
    """
    loaded = "select source_month from raw_data.loads where source = $1 and columns is null"
    months = [month for (month,) in con.execute(loaded, [source.name]).fetchall()]
    if not all(parquet_of(source, month).exists() for month in months):
        return
    for month in months:
        update = "update raw_data.loads set columns = $columns where source = $source and source_month = $month"
        columns = columns_of(con, parquet_of(source, month))
        con.execute(update, {"columns": columns, "source": source.name, "month": month})
    con.execute(f"drop table if exists raw_data.{source.name}")


def replace(con: "duckdb.DuckDBPyConnection", source: Source) -> None:
    """Makes the source's raw table show what ``raw_data.loads`` lists."""
    if None not in (files := files_of(con, source)).values():  # else the table of an earlier version is left
        show(con, source, files)


def show_around(con: "duckdb.DuckDBPyConnection", months: Collection[date]) -> None:
    """Makes the raw tables that have a file for each month show the months and their neighbours alone.

    A list of 200 files takes DuckDB 3 ms more wherever a model refers to it: 3 s in the build of a month (2026-11).

    Each month has a query of its own: DuckDB then reads no file of another month than a model asks for, and knows the
    rows of each. Of a list of files it reads all, and takes the rows of the first for those of each: where that one is
    of another month, it expects a single trip, builds hash tables of all of them, and may run out of memory (2026-11).
    """
    around = {add_months(month, distance) for month in months for distance in (-1, 0, 1)}
    for source in sources().values():
        files = files_of(con, source)
        if not source.static and None not in files.values():
            shown = {month: files[month] for month in sorted(around & {*files})}
            create(
                con, source, [query_of(source, types, [file], month) for month, types, file in existing(source, shown)]
            )


def files_of(con: "duckdb.DuckDBPyConnection", source: Source) -> dict[date, Columns | None]:
    """The columns of the source's loaded files, by month; None for those that an earlier version loaded."""
    # Most files have the same columns: to read these for each month takes longer than all else.
    by_columns = "select list(source_month), columns from raw_data.loads where source = $1 group by columns"
    found = con.execute(by_columns, [source.name]).fetchall()
    return dict(sorted(((month, columns) for months, columns in found for month in months), key=itemgetter(0)))


def months_by_types(con: "duckdb.DuckDBPyConnection", source: Source) -> dict[tuple[str, ...], list[date]]:
    """The loaded months by the types that their files have of the declared columns.

    The type of a column that a file lacks, or that an earlier version loaded, is the declared one.
    """
    found: dict[tuple[str, ...], list[date]] = {}
    for month, columns in files_of(con, source).items():
        types = zip(source.columns, types_of(source, columns), strict=True)
        found.setdefault(tuple(type_ or column.type for column, type_ in types), []).append(month)
    return found


def types_of(source: Source, columns: Columns | None) -> Types:
    """The types of the declared columns in a file with these columns, in lower case as declared ones are.

    Published names may be in another case.
    """
    types = {name.lower(): type_.lower() for name, type_ in (columns or {}).items()}
    return tuple(types.get(column.name.lower()) for column in source.columns)


def show(con: "duckdb.DuckDBPyConnection", source: Source, files: Mapping[date, Columns | None]) -> None:
    """Makes the raw table show the rows of these months' files."""
    kinds: dict[Types, list[Path]] = {}
    for _, types, file in existing(source, files):
        kinds.setdefault(types, []).append(file)
    create(con, source, [query_of(source, types, paths) for types, paths in kinds.items()])


def existing(source: Source, files: Mapping[date, Columns | None]) -> Iterator[tuple[date, Types, Path]]:
    """The months' files with the types of their columns.

    Lost files are left out: DuckDB would read none of the others (see ``require_files``).
    """
    for month, columns in files.items():
        if (file := parquet_of(source, month)).exists():
            yield month, types_of(source, columns), file


def create(con: "duckdb.DuckDBPyConnection", source: Source, queries: Sequence[str]) -> None:
    """Creates the raw table as a view of these queries, or without rows if there is none."""
    sql = " union all by name ".join(queries or [no_rows(source)])
    con.execute(f"create or replace view raw_data.{source.name} as {sql}")


def query_of(source: Source, types: Types, files: Collection[Path], month: date | None = None) -> str:
    """The query of files whose declared columns have these types, all of one month or each of that of its name.

    Columns that are declared and not in a file are null: it was converted before they were declared.
    """
    columns = ", ".join(
        f"{quoted(column.name) if type_ else 'null'}::{column.type} as {quoted(column.name)}"
        for column, type_ in zip(source.columns, types, strict=True)
    )
    month = source.first_month if source.static else month
    source_month = literal(month) if month else "strptime(parse_filename(filename, true), '%Y-%m')"
    listed = ", ".join(literal(exactly(file)) for file in files)
    return (
        f"select {columns}, {source_month}::date as source_month, file_row_number as source_row "
        f"from read_parquet([{listed}], file_row_number = true, filename = true, hive_partitioning = false)"
    )


def no_rows(source: Source) -> str:
    """The query of a source of which nothing is loaded."""
    columns = ", ".join(f"null::{column.type} as {quoted(column.name)}" for column in source.columns)
    return f"select {columns}, null::date as source_month, null::bigint as source_row where false"


def require_files(con: "duckdb.DuckDBPyConnection", months: Collection[date]) -> None:
    """Raises BadFile for a lost or damaged file that the marts of these months, or their neighbours, are built from."""
    around = sorted({add_months(month, distance) for month in months for distance in (-1, 0, 1)})
    loaded = con.execute("select source, source_month, rows_raw from raw_data.loads order by all").fetchall()
    for name, month, rows in loaded:
        source = sources().get(name)
        if source and (month in around or source.static) and (found := damage_of(con, source, month, rows)):
            raise BadFile(f"{source.label(month)} {name}: {found}; {program()} verify --repair converts them again")


def damage_of(con: "duckdb.DuckDBPyConnection", source: Source, month: date, rows: int) -> str:
    """What is wrong with the Parquet file of a load with so many rows; empty for nothing."""
    import duckdb

    if not (file := parquet_of(source, month)).exists():
        return f"{file} does not exist, expected the loaded rows"
    try:
        found = rows_of(con, file)
    except duckdb.Error:
        return f"{file} is damaged, expected a Parquet file of the loaded rows"
    return f"{file} has {found:,} rows, expected the {rows:,} that were loaded" if found != rows else ""


def are_elsewhere(con: "duckdb.DuckDBPyConnection") -> bool:
    """Whether raw tables read another data folder: this one was moved or copied."""
    views = "select sql from duckdb_views() where schema_name = 'raw_data' and contains(sql, 'read_parquet')"
    folder = exactly(data_folder() / "parquet").replace("'", "''") + "/"
    return any(folder not in sql for (sql,) in con.execute(views).fetchall())


def is_shown(con: "duckdb.DuckDBPyConnection", source: Source, month: date) -> bool:
    """Whether the raw table exists and reads the file of the month."""
    view = "select sql from duckdb_views() where schema_name = 'raw_data' and view_name = $1"
    file = literal(exactly(parquet_of(source, month)))
    return any(file in sql for (sql,) in con.execute(view, [source.name]).fetchall())
