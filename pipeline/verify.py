"""Receipts against what the files and the warehouse really hold: every disagreement in one line."""

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pipeline import marts, warehouse
from pipeline.duck import Settings, connected
from pipeline.marts import record_of
from pipeline.sources import Source, month_of, sources
from pipeline.status import months_known
from pipeline.targets import data_folder, place

Held = dict[tuple[str, str, str], int]


def disagreements(database: Path, duck: Settings) -> Iterator[str]:
    """What does not fit together, month by month, each with what to do."""
    held = warehouse.rows_held(database, duck)
    months = months_known()
    for source in sources().values():
        for month in [source.first_month] if source.static else months:
            yield from of_source(source, month, held, duck)
    for month in months:
        yield from of_month(month, held)
    yield from without_receipt(held)
    yield from of_marts(held)


def of_source(source: Source, month: date, held: Held, duck: Settings) -> Iterator[str]:
    what = f"{source.label(month)} {source.name}"
    if landed := record_of("landing", month, source=source):
        path = place("landing", month, "", source.name).parent / landed["file"]
        if not path.exists():
            yield f"{what}: {path} is gone; run the month again"
        elif sha256(path) != landed["sha256"]:
            yield f"{what}: {path} is not what was fetched (another sha256); forget the month and run it again"
    if converted := record_of("parquet", month, source=source):
        path = place("parquet", source.label(month), ".parquet", source.name)
        rows = rows_of(path, duck)
        if rows != converted["rows"]:
            yield f"{what}: {path} holds {rows} rows, {converted['rows']:,} were written; run the month again"
    if loaded := record_of("warehouse/loaded", month, source=source):
        rows, noted = held.get(("raw_data", source.name, f"{month:%Y-%m}"), 0), loaded["rows"]
        if rows != noted:
            yield f"{what}: raw_data holds {rows:,} rows, the receipt says {noted:,}; forget the month and run it again"


def of_month(month: date, held: Held) -> Iterator[str]:
    """Where the models are built, every loaded trip is a fact or was rejected, and published as it is there."""
    if marts.is_outdated(month):
        yield f"{month:%Y-%m}: what is published is not what the warehouse holds; run the month again"
    if not record_of("warehouse/transformed", month):
        return
    for source in sources().values():
        loaded = record_of("warehouse/loaded", month, source=source)
        if source.kind != "trips" or not loaded:
            continue
        facts, rejected = (held.get((kind, source.name, f"{month:%Y-%m}"), 0) for kind in ("facts", "rejected"))
        if facts + rejected != loaded["rows"]:
            yield (
                f"{month:%Y-%m} {source.name}: {facts:,} facts and {rejected:,} rejected rows are not "
                f"the {loaded['rows']:,} that were loaded; forget the month and run it again"
            )


def without_receipt(held: Held) -> Iterator[str]:
    """Rows that nobody vouches for."""
    for (kind, name, label), rows in sorted(held.items()):
        source = sources().get(name)
        if kind in ("facts", "rejected") and not record_of("warehouse/transformed", month_of(label)):
            yield f"{label} {name}: {rows:,} {kind} rows of a month that is not built; run or forget the month"
        if (
            kind == "raw_data"
            and source
            and not (
                data_folder() / "warehouse/loaded" / name / f"{'static' if source.static else label}.json"
            ).exists()
        ):
            yield f"{label} {name}: raw_data holds {rows:,} rows without a receipt; run the month again"


def of_marts(held: Held) -> Iterator[str]:
    """No run was broken off while it changed the marts, and every trip is counted in an hour."""
    if marts.is_unsettled():
        yield "a run was broken off while it built months; the next run of any month builds them again"
    facts = sum(rows for (kind, *_), rows in held.items() if kind == "facts")
    hours = sum(rows for (kind, *_), rows in held.items() if kind == "hours")
    if facts != hours:
        yield f"fct_hourly_mobility counts {hours:,} trips, fct_trips holds {facts:,}; run the months again"


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def rows_of(parquet: Path, duck: Settings) -> int | None:
    """Rows of a Parquet file; None where there is none."""
    if not parquet.exists():
        return None
    with connected(Path(":memory:"), duck) as con:
        return int(con.execute("select sum(num_rows) from parquet_file_metadata(?)", [str(parquet)]).fetchall()[0][0])
