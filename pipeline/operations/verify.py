"""The verb verify: compares files and warehouse with their receipts; each disagreement is one line.

Its quick form compares what exists, sizes and numbers of rows; its full form also compares contents by their digests.
"""

import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pipeline.database import Warehouse
from pipeline.errors import BadInput
from pipeline.months import parse_month
from pipeline.operations.disagreements import (
    Disagreement,
    changes,
    dimensions_disagreement,
    month_disagreement,
    source_disagreement,
)
from pipeline.operations.verify_uploads import compare_uploads
from pipeline.operations.verify_warehouse import compare_warehouse
from pipeline.paths import data_folder, program
from pipeline.sources import sources
from pipeline.tasks import records
from pipeline.tasks.receipts import Receipt

RECEIPTS = (
    *("landing/*/*.json", "parquet/*/*.json", "warehouse/loaded/*/*.json"),
    *("warehouse/transformed/*.json", "warehouse/*.json", "quality/*.json"),
    *("published/*.json", "published/metrics/*.json"),
    *("reports/explore/*.json", "reports/*.json", "complete/*.json"),
)
"""Where receipts are, in the order of the steps that write them."""
LABEL = re.compile(r"(\d{4}-\d{2}|static|dimensions|index|models|pooled|catalogue)(\.findings|\.rejected|\.accepted)?")
WAREHOUSE = "warehouse/nyc_mobility.duckdb "
"""Begins the problem of each of its receipts where the warehouse is lost; it is named once."""
PUBLISHED = ("quality", *records.PUBLISHED)
"""The stages that stay as they are while a month is rejected."""


def verify(warehouse: Warehouse, is_deep: bool) -> bool:
    """Prints the disagreements; returns whether there are none."""
    if found := disagreements(warehouse, is_deep):
        print("\n".join(one.text for one in found))
        print(f"{program()} verify --repair rebuilds what is needed", file=sys.stderr)
    else:
        print("all receipts agree with the files and the warehouse")
    return not found


def disagreements(warehouse: Warehouse, is_deep: bool = True) -> list[Disagreement]:
    """The differences between receipts, files, warehouse and object storage, each of them once."""
    found = [*compare_receipts(is_deep), *compare_warehouse(warehouse, is_deep), *compare_uploads()]
    return list({one.text: one for one in found}.values())


def compare_receipts(is_deep: bool) -> Iterator[Disagreement]:
    """What receipts vouch for and is not stored as it was then; with ``is_deep``, by the digests of files too."""
    for path in receipts():
        problems = [
            problem
            for problem in (*Receipt(path).losses(), *(changes(path) if is_deep else ()))
            if not is_of_rejected_month(path, problem) and not problem.startswith(WAREHOUSE)
        ]
        if problems:
            more = f" (and {len(problems) - 1} more)" if problems[1:] else ""
            yield disagreement(path, problems[0] + more)
    yield from missing_receipts()


def receipts() -> list[Path]:
    """The paths of all receipts."""
    found = (path for pattern in RECEIPTS for path in sorted(data_folder().glob(pattern)))
    return [path for path in found if LABEL.fullmatch(path.stem)]


def is_of_rejected_month(path: Path, problem: str) -> bool:
    """Whether the problem is that a month is rejected: what was published of it before stays, and is older."""
    is_of_rejected = stage_of(path) in PUBLISHED and month_of(path) in records.months_rejected()
    return is_of_rejected and "has changed since" in problem


def disagreement(path: Path, problem: str) -> Disagreement:
    """The disagreement about a receipt, with what repairs it."""
    stage, label = stage_of(path), path.stem.split(".")[0]
    if label == "models":
        return Disagreement(problem, invalid=(path,), steps=("Describe",))
    if label in ("index", "pooled", "catalogue") or (label, stage) == ("dimensions", "published"):
        return Disagreement(problem, is_shared=True)
    if label == "dimensions":
        return dimensions_disagreement(problem)
    source, month = sources().get(path.parent.name), month_of(path)
    assert month is not None
    if source:
        return source_disagreement(source, month, problem, (path, *archive_of(path)))
    return month_disagreement(month, problem, path)


def missing_receipts() -> Iterator[Disagreement]:
    """Receipts of what all months share, which a killed run has left to be written."""
    if records.months_built() and not records.dimensions_receipt().exists():
        yield dimensions_disagreement(
            "the tables without months have no receipt: a run did not finish building the models"
        )
    shared = (records.pooled_receipt(), records.catalogue_receipt(), records.index_receipt())
    for path in (records.dimensions_receipt("published"), *shared):
        if records.months_with("published") and not path.exists():
            yield Disagreement(f"{Receipt(path).name} does not exist", is_shared=True)


def archive_of(path: Path) -> list[Path]:
    """The receipt of the yearly archive that a receipt of the landing refers to, if any."""
    file = (Receipt(path).stored or {}).get("file", "") if stage_of(path) == "landing" else ""
    archive = path.with_name(file.split(".")[0] + path.suffix)
    return [archive] if archive != path and archive.exists() else []


def stage_of(path: Path) -> str:
    """``landing``, ``warehouse/loaded``, …"""
    folder = path.parent.parent if path.parent.name in sources() else path.parent
    return str(folder.relative_to(data_folder()))


def month_of(path: Path) -> date | None:
    """The month of a receipt; of a file that serves all months, the first one of its source."""
    label = path.stem.split(".")[0]
    if label == "static":
        return sources()[path.parent.name].first_month
    try:
        return parse_month(label)
    except BadInput:
        return None
