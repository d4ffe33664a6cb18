"""What receipts record of each month, and the withdrawal of receipts before marts change."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.database import is_missing
from pipeline.months import add_months, parse_month
from pipeline.paths import delete, path_for
from pipeline.sources import Source, sources
from pipeline.tasks.receipts import Receipt

EXPLORE = "reports/explore"
"""The folder of the data of the Explore page, and of their receipts."""
PUBLISHED = ("published", "published/metrics", EXPLORE, "reports", "complete")
"""The folders of a month's receipts after it is validated, in the order of the steps that write them."""


def transform_receipt(month: date) -> Path:
    """The path of the receipt of the month's marts."""
    return path_for("warehouse/transformed", month, ".json")


def dimensions_receipt(stage: str = "warehouse") -> Path:
    """The path of the receipt of the tables that have no months, in the warehouse or as they are ``published``."""
    return path_for(stage, "dimensions", ".json")


def published_dimensions() -> Receipt:
    """The receipt of the published tables that have no months; it exists while these are those of the warehouse."""
    return Receipt(dimensions_receipt("published"), version=dimensions_digest())


def index_receipt() -> Path:
    """The path of the receipt of the index of all pages."""
    return path_for("reports", "index", ".json")


def catalogue_receipt() -> Path:
    """The path of the receipt of what all months have in common of the data of the Explore page."""
    return path_for(EXPLORE, "catalogue", ".json")


def pooled_receipt() -> Path:
    """The path of the receipt of the effects of weather over all months."""
    return path_for("published/metrics", "pooled", ".json")


def record_of(stage: str, month: date, suffix: str = ".json", source: Source | None = None) -> Mapping[str, Any] | None:
    """What the receipt of a stage records, valid or not; None where it does not exist or is damaged."""
    label, name = (source.label(month), source.name) if source else (f"{month:%Y-%m}", "")
    return Receipt(path_for(stage, label, suffix, name)).stored


def months_with(stage: str) -> set[date]:
    """The months that have a receipt of the stage."""
    return {parse_month(path.stem) for path in path_for(stage, "", "").glob("????-??.json")}


def months_built() -> list[date]:
    """The months whose marts are built, oldest first."""
    return sorted(months_with("warehouse/transformed"))


def months_to_maintain() -> list[date]:
    """The months that are built or published, oldest first: those that a re-issued file may change."""
    return sorted(months_with("warehouse/transformed") | months_with("published"))


def months_rejected() -> list[date]:
    """The months that are built and rejected, oldest first."""
    return [month for month in months_built() if record_of("quality", month, ".rejected.json")]


def rejection_reasons() -> dict[date, str]:
    """The rejected months, each with the reason."""
    records = {month: record_of("quality", month, ".rejected.json") for month in months_rejected()}
    return {month: str(record["why"]) for month, record in records.items() if record}


def generated_sources(months: Iterable[date]) -> dict[date, list[str]]:
    """The sources of each month whose files are generated, by the provenance of these files."""
    return {
        month: [
            source.name
            for source in sources().values()
            if (record_of("landing", month, source=source) or {}).get("generated_by")
        ]
        for month in months
    }


def dimensions_digest() -> str:
    """Identifies what the marts' tables without months hold; empty while they are not built."""
    return str((Receipt(dimensions_receipt()).stored or {}).get("digest", ""))


def mart_digest(month: date, part: str) -> str:
    """Identifies the month's ``facts`` or all its ``content`` in the marts; empty while they are not built."""
    return str((record_of("warehouse/transformed", month) or {}).get(part, ""))


def is_outdated(month: date) -> bool:
    """Whether the month is published and the marts no longer hold what was published, or are no longer vouched for."""
    published = record_of("published", month)
    return published is not None and published["version"] != mart_digest(month, "content")


def invalidate_if_lost(warehouse: Path) -> None:
    """Invalidates the receipts of all rows and marts where the warehouse is gone, or was never created completely.

    A new file is about to be created, and would otherwise count as the one that they were written into.
    """
    if is_missing(warehouse):
        warehouse.unlink(missing_ok=True)
        for path in [*warehouse.parent.glob("loaded/*/*.json"), *warehouse.parent.glob("transformed/*.json")]:
            Receipt(path).invalidate(by="a lost warehouse")


def withdraw(months: Iterable[date]) -> dict[date, Mapping[str, Any]]:
    """Deletes the transform receipts of the months and of their neighbours, before their marts change.

    A ride at the edge of a month is stored in its neighbour's file, so that building one month changes hours of the
    others. The receipt of the dimensions, which every build replaces, is deleted as well. Where the process is killed
    before the receipts are written again, all of these months are incomplete, and the next run of any of them builds it
    again: there is nothing else to recover.
    Returns what the receipts recorded, for ``restore``.
    """
    around = {add_months(month, distance) for month in months for distance in (-1, 0, 1)}
    records = {month: record_of("warehouse/transformed", month) for month in sorted(around)}
    for path in [*map(transform_receipt, records), dimensions_receipt()]:
        delete(path)
    return {month: record for month, record in records.items() if record}


def restore(neighbours: Mapping[date, Mapping[str, Any]], facts: Mapping[date, Mapping[str, Any]]) -> list[date]:
    """Writes the neighbours' receipts again, with what their marts hold now.

    Returns the months that differ from what was published of them.
    """
    for month, record in neighbours.items():
        tables = record.get("tables", {}) | facts[month].get("tables", {})
        Receipt(transform_receipt(month)).save({**record, **facts[month], "tables": tables})
    return [month for month in neighbours if is_outdated(month)]
