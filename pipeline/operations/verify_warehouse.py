"""The part of the verb verify that compares the warehouse with its receipts."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.database import Warehouse
from pipeline.errors import BadFile
from pipeline.months import parse_month
from pipeline.operations.disagreements import (
    Disagreement,
    dimensions_disagreement,
    is_intact,
    month_disagreement,
    months_of,
    source_disagreement,
)
from pipeline.paths import data_folder, path_for
from pipeline.results import Content, result_of
from pipeline.sources import Source, sources
from pipeline.tasks import records
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.records import record_of
from pipeline.warehouse import contents, raw, raw_views

RowCounts = dict[tuple[str, str, str], int]


def compare_warehouse(warehouse: Warehouse, is_deep: bool) -> list[Disagreement]:
    """Where tables hold something else than their receipts say, or cannot be read; with ``is_deep``, by digests too."""
    import duckdb

    if not warehouse.path.exists():
        return [lost_warehouse(f"{warehouse.path} does not exist")] if loaded() else []
    try:
        raw.follow_folder(warehouse)
        counts = raw.count_rows(warehouse)
        found = [
            *compare_loads(warehouse, counts),
            *compare_models(warehouse, is_deep),
            *compare_built_sources(counts),
        ]
        named = {month for one in found for month in one.months}
        unnamed = [month for month in records.months_built() if month not in named]
        return [*found, *rows_without_receipt(counts), *compare_results(counts), *compare_trips(counts, unnamed)]
    except (BadFile, duckdb.Error) as error:
        reason = str(error).splitlines()[0]
        return [lost_warehouse(f"{warehouse.path} cannot be read ({reason})", warehouse.path)]


def loaded() -> list[tuple[Source, date, Mapping[str, Any]]]:
    """The sources and months that have a receipt of their rows, with what it records."""
    found = []
    for source in sources().values():
        for path in sorted(path_for("warehouse/loaded", "", "", source.name).glob("*.json")):
            month = source.first_month if source.static else parse_month(path.stem)
            if record := record_of("warehouse/loaded", month, source=source):
                found.append((source, month, record))
    return found


def lost_warehouse(text: str, unreadable: Path | None = None) -> Disagreement:
    """The warehouse is lost: everything is loaded and built again."""
    receipts = [
        path_for("warehouse/loaded", source.label(month), ".json", source.name) for source, month, _ in loaded()
    ]
    receipts += map(records.transform_receipt, records.months_built())
    steps = tuple(f"Load {source.name} {month:%Y-%m}" for source, month, _ in loaded())
    return Disagreement(text, tuple(records.months_to_maintain()), tuple(receipts), steps, unreadable=unreadable)


def compare_loads(warehouse: Warehouse, counts: RowCounts) -> Iterator[Disagreement]:
    """What is loaded has a record of its file, with as many rows as were converted, and is in the raw table."""
    with warehouse.connect(read_only=True) as con:
        hidden = [(source.name, month) for source, month, _ in loaded() if not raw_views.is_shown(con, source, month)]
    for source, month, record in loaded():
        rows, problem = counts.get(("loads", source.name, f"{month:%Y-%m}")), ""
        if rows is None:
            problem = "raw_data.loads has no record of the file"
        elif rows != record["rows"]:
            problem = f"raw_data.loads has {rows:,} rows, expected {record['rows']:,}"
        elif (source.name, month) in hidden:
            problem = f"raw_data.{source.name} does not show the rows of the file"
        if problem:
            receipt = path_for("warehouse/loaded", source.label(month), ".json", source.name)
            yield source_disagreement(source, month, problem, [receipt])


def compare_models(warehouse: Warehouse, is_deep: bool) -> Iterator[Disagreement]:
    """The tables of the models hold what the receipts of their builds record."""
    built = records.months_built()
    found = contents.contents_of_months(warehouse, built, with_digests=is_deep)
    for month in built:
        receipt = records.transform_receipt(month)
        for table, expected in tables_in(receipt).items():
            if problem := problem_of(warehouse, table, expected, found[month].get(table), month):
                yield month_disagreement(month, problem, receipt)
        if records.is_outdated(month) and month not in records.months_rejected():
            yield month_disagreement(month, "the published files differ from the warehouse")
    held = contents.contents_of_dimensions(warehouse, is_deep)
    for table, expected in tables_in(records.dimensions_receipt()).items():
        if problem := problem_of(warehouse, table, expected, held.get(table), None):
            yield dimensions_disagreement(problem)


def tables_in(receipt: Path) -> dict[str, Content]:
    """What tables hold by the receipt; empty where it does not exist, or where an earlier version wrote it."""
    tables = (Receipt(receipt).stored or {}).get("tables", {})
    return {table: result_of(Content, held) for table, held in tables.items()}


def problem_of(warehouse: Warehouse, table: str, expected: Content, found: Content | None, month: date | None) -> str:
    """How the table, or its rows of the month, differs from what is expected; empty where it does not."""
    if found is None:
        return f"{table} does not exist"
    if found.rows != expected.rows:
        return f"{table} has {found.rows:,} rows, expected {expected.rows:,}"
    if not found.digest or found.digest == expected.digest:
        return ""
    if contents.are_comparable(found.digest, expected.digest):
        return f"{table} has other values than were built"
    if is_as_published(warehouse, table, month):
        return ""
    return f"{table} was built with another version of DuckDB ({expected.digest.split()[0]}), and cannot be compared"


def is_as_published(warehouse: Warehouse, table: str, month: date | None) -> bool:
    """Whether the rows are those of their published file. Tables of the schema ``staging`` are not published."""
    schema, name = table.split(".")
    path = data_folder() / "published" / name / (f"month={month:%Y-%m}" if month else "") / f"{name}.parquet"
    receipt = path_for("published", month or "dimensions", ".json")
    if schema == "staging":
        return True
    return path.exists() and is_intact(receipt) and contents.is_published_as_in(warehouse, table, month, path)


def rows_without_receipt(counts: RowCounts) -> Iterator[Disagreement]:
    """Rows without a receipt."""
    of_marts: dict[date, int] = {}
    for (kind, name, label), rows in sorted(counts.items()):
        source, month = sources().get(name), parse_month(label)
        if kind in ("facts", "rejected") and not record_of("warehouse/transformed", month):
            of_marts[month] = of_marts.get(month, 0) + rows
        if kind == "loads" and source and not record_of("warehouse/loaded", month, source=source):
            text = f"{source.label(month)} {name}: raw_data.loads has {rows:,} rows without a receipt"
            yield Disagreement(text, months_of(source, month), steps=(f"Load {name} {month:%Y-%m}",))
    for month, rows in of_marts.items():
        yield month_disagreement(month, f"the marts have {rows:,} trips of the month, which is not built")


def compare_built_sources(counts: RowCounts) -> Iterator[Disagreement]:
    """``raw_data.built`` lists the sources that each month was built from: another build takes the others for new."""
    for month in records.months_built():
        made_from = (record_of("warehouse/transformed", month) or {}).get("made_from", {})
        names = [name for name in sources() if f"warehouse/loaded/{name}/{month:%Y-%m}.json" in made_from]
        if missing := [name for name in names if not counts.get(("built", name, f"{month:%Y-%m}"))]:
            text = f"raw_data.built lacks {', '.join(missing)}, which the month was built from"
            yield month_disagreement(month, text, records.transform_receipt(month))


def compare_results(counts: RowCounts) -> Iterator[Disagreement]:
    """The warehouse has as many findings and effects of weather of each month as were stored."""
    for month in records.months_to_maintain():
        judged, measured = record_of("quality", month, ".findings.json"), record_of("published/metrics", month)
        expected = {
            ("quality.findings", path_for("quality", month, ".findings.json")): len((judged or {}).get("findings", ())),
            ("estimates.weather_effects", path_for("published/metrics", month, ".json")): (
                (measured or {}).get("rows", {}).get("estimates.weather_effects", 0)
            ),
        }
        for (table, receipt), rows in expected.items():
            if (found := counts.get((table, "", f"{month:%Y-%m}"), 0)) != rows and rows:
                yield month_disagreement(month, f"{table} has {found:,} rows, expected {rows:,}", receipt)


def compare_trips(counts: RowCounts, months: Collection[date]) -> Iterator[Disagreement]:
    """Every loaded trip of the built months is a fact or rejected, and every fact is counted in fct_hourly_mobility."""
    for month in months:
        for source in sources().values():
            loaded = record_of("warehouse/loaded", month, source=source)
            facts, rejected = (counts.get((kind, source.name, f"{month:%Y-%m}"), 0) for kind in ("facts", "rejected"))
            if source.kind == "trips" and loaded and facts + rejected != loaded["rows"]:
                text = f"{source.name} has {facts:,} facts and {rejected:,} rejected rows, expected {loaded['rows']:,}"
                yield month_disagreement(month, f"{text} in total", records.transform_receipt(month))
    facts, hours = (sum(rows for (of, *_), rows in counts.items() if of == kind) for kind in ("facts", "hours"))
    if facts != hours and len(months) == len(records.months_built()):
        text = f"fct_hourly_mobility counts {hours:,} trips, fct_trips has {facts:,}"
        yield Disagreement(text, tuple(months), tuple(map(records.transform_receipt, months)))
