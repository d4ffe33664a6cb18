"""Receipts -> what there is: a table of months and sources. Reads no data and asks no publisher."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date

from pipeline.errors import BadInput
from pipeline.marts import record_of
from pipeline.sources import Source, month_of, sources
from pipeline.targets import data_folder

SOURCE_STAGES = {"warehouse/loaded": "loaded", "parquet": "converted", "landing": "landed"}
"""From the last to the first, and what a month that came so far is called."""


def months_known() -> list[date]:
    """Every month of which anything lies in the data folder."""
    stages = ["warehouse/transformed", "quality", "published", "complete"]
    stages += [f"{stage}/{source}" for stage in SOURCE_STAGES for source in sources()]
    names = {path.name for stage in stages for path in (data_folder() / stage).glob("*.json")}
    return sorted({month for name in names for month in months_in(name)})


def months_in(name: str) -> Iterable[date]:
    with suppress(BadInput):
        yield month_of(name.split(".", maxsplit=1)[0])


def source_state(source: Source, month: date) -> str:
    """How far the source's month has come: its rows where it is loaded."""
    if source.first_month > month:
        return ""
    for stage, called in SOURCE_STAGES.items():
        if record := record_of(stage, month, source=source):
            return f"{record['rows']:,}" if called == "loaded" else called
    return "–"


def month_state(month: date) -> dict[str, str]:
    """How far the month itself has come."""
    rejected = record_of("quality", month, ".rejected.json")
    judged = "rejected" if rejected else "passed" if record_of("quality", month) else "–"
    return {
        "models": "built" if record_of("warehouse/transformed", month) else "–",
        "quality": judged,
        "published": "yes" if record_of("published", month) else "–",
        "complete": "yes" if record_of("complete", month) else "–",
    }


def table() -> str:
    """Months down, sources and steps across."""
    months = months_known()
    if not months:
        return f"nothing yet in {data_folder()}; try ./run.sh demo, or ./run.sh month 2024-01"
    monthly = [source for source in sources().values() if not source.static]
    used = [s for s in monthly if s.enabled or any(source_state(s, month) not in {"", "–"} for month in months)]
    header = ["month", *(source.name for source in used), *month_state(months[0])]
    rows = [
        [f"{month:%Y-%m}", *(source_state(source, month) for source in used), *month_state(month).values()]
        for month in months
    ]
    rejected = [f"{month:%Y-%m} is rejected: {why}" for month in months if (why := why_rejected(month))]
    return "\n".join([*aligned([header, *rows]), *rejected])


def why_rejected(month: date) -> str:
    record = record_of("quality", month, ".rejected.json")
    return str(record["why"]) if record else ""


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table: the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
