"""Rebuilding marts: receipts are withdrawn before the marts change, and written last."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from pipeline.database import Warehouse
from pipeline.errors import MobilityError
from pipeline.results import Content
from pipeline.tasks import records
from pipeline.tasks.receipts import Receipt


@dataclass(frozen=True)
class Rebuilt:
    """What the receipts of the months that were built have to record, and the error of those that could not be.

    ``outdated`` are neighbours of which something else was published than their marts hold now.
    """

    facts: Mapping[date, Mapping[str, Any]] = field(default_factory=dict)
    outdated: Sequence[date] = ()
    error: MobilityError | None = None


def rebuild(warehouse: Warehouse, source_names: Mapping[date, Sequence[str]]) -> Rebuilt:
    """Builds the marts of months from what is loaded of these sources; other rows of the months are deleted.

    The receipts of the months are left to the caller. Those of other months that it changes are written again.
    Raises BadFile where a file of loaded rows is lost, and BadInput or Unreachable where the engine cannot start; then
    nothing is changed.
    """
    from pipeline.warehouse import engines

    engines.check(warehouse)
    with warehouse.changing():
        return rebuild_alone(warehouse, source_names)


def rebuild_alone(warehouse: Warehouse, source_names: Mapping[date, Sequence[str]]) -> Rebuilt:
    """As ``rebuild``, by the only process that changes the warehouse."""
    from pipeline.warehouse import raw, transform

    raw.require_files(warehouse, source_names)
    changed, withdrawn = set(source_names), records.withdraw(source_names)

    def before_build(months: Sequence[date]) -> None:
        changed.update(months)
        withdrawn.update(records.withdraw(months))

    raw.begin(warehouse, source_names)
    try:
        built, error = transform.build_all(warehouse, sorted(source_names), before_build)
    finally:
        raw.show_all(warehouse)
    own = changed if error else {*source_names}  # where a build failed, months that followed may be half built
    others = {month: record for month, record in withdrawn.items() if month not in own}
    if not (built or others):
        return Rebuilt(error=error)
    facts = facts_of(warehouse, changed, others)
    outdated = records.restore(others, facts)
    return Rebuilt({month: asdict(done) | facts[month] for month, done in built.items()}, outdated, error)


def facts_of(warehouse: Warehouse, changed: set[date], neighbours: Mapping[date, object]) -> dict[date, dict[str, Any]]:
    """What the marts of the changed months and of their neighbours hold, and the receipt of the dimensions."""
    from pipeline.warehouse import contents, transform

    with warehouse.connect(read_only=True):  # the file is opened once for all of them
        digests = transform.content_digests(warehouse, [*changed, *neighbours])
        tables = contents.contents_of_months(warehouse, changed, set(neighbours) - changed)
        dimensions = contents.contents_of_dimensions(warehouse)
    held = to_record(dimensions)
    Receipt(records.dimensions_receipt()).write(within=warehouse.path, result=json.dumps(held), tables=held)
    return {month: digests[month] | {"tables": to_record(of_month)} for month, of_month in tables.items()}


def to_record(tables: Mapping[str, Content]) -> dict[str, dict[str, Any]]:
    """What tables hold, as a receipt records it."""
    return {name: asdict(content) for name, content in sorted(tables.items())}
