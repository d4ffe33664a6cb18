"""The verb verify: compares files and warehouse with their receipts; each disagreement is one line."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.database import Warehouse, connect
from pipeline.months import parse_month
from pipeline.operations.status import months_known
from pipeline.paths import path_for
from pipeline.sources import Source, sources
from pipeline.tasks import records
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.records import record_of
from pipeline.warehouse import raw

RowCounts = dict[tuple[str, str, str], int]


@dataclass(frozen=True)
class Disagreement:
    """A difference between receipts, files and warehouse; ``invalid`` are the receipts that are wrong.

    Once these are invalidated and ``load`` has run for rows without a receipt, a run of the ``months`` repairs it.
    """

    text: str
    months: tuple[date, ...] = ()
    invalid: tuple[Path, ...] = ()
    load: tuple[Source, date] | None = None


def disagreements(warehouse: Warehouse) -> Iterator[Disagreement]:
    """Yields the differences between receipts, files and warehouse, month by month."""
    counts = raw.count_rows(warehouse)
    months = months_known()
    for source in sources().values():
        for month in [source.first_month] if source.static else months:
            yield from of_source(source, month, counts, warehouse)
    for month in months:
        yield from of_month(month, counts)
    yield from without_receipt(counts)
    yield from of_marts(counts)


def of_source(source: Source, month: date, counts: RowCounts, warehouse: Warehouse) -> Iterator[Disagreement]:
    name = f"{source.label(month)} {source.name}"
    months = months_of(source, month)

    def disagreement(text: str, stage: str, label: str = "") -> Disagreement:
        labels = {source.label(month), label or source.label(month)}
        receipts = (path_for(stage, one, ".json", source.name) for one in sorted(labels))
        return Disagreement(f"{name}: {text}", months, tuple(receipts))

    if landed := record_of("landing", month, source=source):
        path = path_for("landing", month, "", source.name).parent / landed["file"]
        if not path.exists():
            yield disagreement(f"{path} does not exist", "landing", landed["file"].split(".")[0])
        elif sha256(path) != landed["sha256"]:
            text = f"{path} differs from the downloaded file (sha256)"
            yield disagreement(text, "landing", landed["file"].split(".")[0])
    if converted := record_of("parquet", month, source=source):
        path = path_for("parquet", source.label(month), ".parquet", source.name)
        rows = rows_of(path, warehouse)
        if rows != converted["rows"]:
            yield disagreement(f"{path} has {rows} rows, expected {converted['rows']:,}", "parquet")
    if loaded := record_of("warehouse/loaded", month, source=source):
        rows, expected = counts.get(("raw_data", source.name, f"{month:%Y-%m}"), 0), loaded["rows"]
        if rows != expected:
            yield disagreement(f"raw_data has {rows:,} rows, expected {expected:,}", "warehouse/loaded")


def of_month(month: date, counts: RowCounts) -> Iterator[Disagreement]:
    """Every loaded trip of a built month is a fact or rejected, and the published files match the warehouse."""
    if records.is_outdated(month):
        yield Disagreement(f"{month:%Y-%m}: the published files differ from the warehouse", (month,))
    if not record_of("warehouse/transformed", month):
        return
    for source in sources().values():
        loaded = record_of("warehouse/loaded", month, source=source)
        if source.kind != "trips" or not loaded:
            continue
        facts, rejected = (counts.get((kind, source.name, f"{month:%Y-%m}"), 0) for kind in ("facts", "rejected"))
        if facts + rejected != loaded["rows"]:
            text = f"{facts:,} facts and {rejected:,} rejected rows, expected {loaded['rows']:,} in total"
            yield Disagreement(f"{month:%Y-%m} {source.name}: {text}", (month,), (records.transform_receipt(month),))


def without_receipt(counts: RowCounts) -> Iterator[Disagreement]:
    """Rows without a receipt."""
    for (kind, name, label), rows in sorted(counts.items()):
        source, month = sources().get(name), parse_month(label)
        if kind in ("facts", "rejected") and not record_of("warehouse/transformed", month):
            yield Disagreement(f"{label} {name}: {rows:,} {kind} rows of a month that is not built", (month,))
        if kind == "raw_data" and source and not record_of("warehouse/loaded", month, source=source):
            text = f"{label} {name}: raw_data has {rows:,} rows without a receipt"
            yield Disagreement(text, months_of(source, month), load=(source, month))


def of_marts(counts: RowCounts) -> Iterator[Disagreement]:
    """Every trip is counted in fct_hourly_mobility."""
    facts = sum(rows for (kind, *_), rows in counts.items() if kind == "facts")
    hours = sum(rows for (kind, *_), rows in counts.items() if kind == "hours")
    if facts != hours:
        text = f"fct_hourly_mobility counts {hours:,} trips, fct_trips has {facts:,}"
        months = records.months_built()
        yield Disagreement(text, tuple(months), tuple(map(records.transform_receipt, months)))


def months_of(source: Source, month: date) -> tuple[date, ...]:
    """The months that the source's file of the month is part of."""
    return tuple(records.months_built()) if source.static else (month,)


def invalidate(found: Iterable[Disagreement]) -> None:
    """Invalidates the receipts that are wrong, by which everything built from them is incomplete as well.

    They are not deleted, because they say which sources a month has.
    """
    for path in {path for one in found for path in one.invalid}:
        Receipt(path).update(version="invalidated by verify")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def rows_of(parquet: Path, warehouse: Warehouse) -> int | None:
    """The number of rows of a Parquet file; None where the file does not exist."""
    if not parquet.exists():
        return None
    with connect(Path(":memory:"), warehouse.settings) as con:
        return int(con.execute("select sum(num_rows) from parquet_file_metadata(?)", [str(parquet)]).fetchall()[0][0])
