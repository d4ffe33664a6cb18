"""The verb status: the state of months and sources by their receipts. Reads no data and sends no requests.

Late sources come from the record of the last catchup, durations from the history of runs.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.errors import BadInput
from pipeline.history.runs import DONE, LAST_CATCHUP, read
from pipeline.months import months_text, parse_month
from pipeline.operations.demo_data import first_step
from pipeline.operations.upload import waiting_text
from pipeline.paths import data_folder, path_for, program
from pipeline.publication import address
from pipeline.sources import Source, sources
from pipeline.tasks import records, uploads
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.records import record_of

SOURCE_STAGES = {"warehouse/loaded": "loaded", "parquet": "converted", "landing": "landed"}
"""The stages of a source from the last to the first, and the state of a source that has reached it."""
COUNTED = "Counts are rows of files; pages and metrics count the trips that began in a month."
"""A line below the table: the numbers of the pages are others."""
STEPS = ("models", "quality", "complete")


def months_known() -> list[date]:
    """Every month that has a receipt in the data folder."""
    stages = ["warehouse/transformed", "quality", "published", "complete"]
    stages += [f"{stage}/{source}" for stage in SOURCE_STAGES for source in sources()]
    names = {path.name for stage in stages for path in (data_folder() / stage).glob("*.json")}
    return sorted({month for name in names for month in months_in(name)})


def months_in(name: str) -> Iterable[date]:
    with suppress(BadInput):
        yield parse_month(name.split(".", maxsplit=1)[0])


def late(today: date) -> dict[tuple[str, date], int]:
    """Days late, by source and month, of what the last catchup did not find and no run has downloaded since."""
    try:
        missing = json.loads((data_folder() / LAST_CATCHUP).read_text())["missing"]
    except (FileNotFoundError, ValueError, KeyError):
        return {}
    found = {(one["source"], parse_month(one["month"])) for one in missing if one["source"] in sources()}
    days = {(name, month): (today - sources()[name].expected(month)[1]).days for name, month in found}
    return {
        (name, month): overdue
        for (name, month), overdue in days.items()
        if overdue > 0 and not record_of("landing", month, source=sources()[name])
    }


def source_facts(source: Source, month: date, days_late: int, known: dict[Path, str]) -> dict[str, Any]:
    """The state of the source's month, its rows, and the bytes of its files."""
    facts: dict[str, Any] = {"state": "late" if days_late else "missing"}
    stored = {stage: record_of(stage, month, source=source) for stage in SOURCE_STAGES}
    for stage, state in reversed(SOURCE_STAGES.items()):
        if record := stored[stage]:
            receipt = Receipt(path_for(stage, source.label(month), ".json", source.name))
            facts = {
                "state": "incomplete" if receipt.first_loss(known) else state,
                "bytes": facts.get("bytes", 0) + size_of(record),
            } | rows_in(record)
    return facts | ({"days_late": days_late} if days_late else {})


def rows_in(record: Mapping[str, Any]) -> dict[str, int]:
    return {"rows": record["rows"]} if "rows" in record else {}


def size_of(record: Mapping[str, Any] | None) -> int:
    return sum(size or 0 for size in record["files"].values()) if record else 0


def month_state(month: date, known: dict[Path, str]) -> dict[str, str]:
    """The state of the month's steps, why it is rejected, and what is lost of a month that was complete."""
    rejected = record_of("quality", month, ".rejected.json")
    judged = "rejected" if rejected else "passed" if record_of("quality", month) else "—"
    was_complete = bool(record_of("complete", month)) and not rejected
    loss = first_loss(month, known) if was_complete else ""
    return {
        "models": "built" if record_of("warehouse/transformed", month) else "—",
        "quality": judged,
        "complete": "incomplete" if loss else "yes" if was_complete else "—",
        "why_incomplete": loss,
        "why_rejected": str(rejected["why"]) if rejected else "",
    }


def first_loss(month: date, known: dict[Path, str]) -> str:
    """What is lost of what a complete month consists of, the tables and pages of all months included; else empty."""
    shared = [records.dimensions_receipt(), records.dimensions_receipt("published")]
    shared += [records.pooled_receipt(), records.catalogue_receipt(), records.index_receipt()]
    paths = [path_for("complete", month, ".json"), *filter(Path.exists, shared)]
    losses = (Receipt(path).first_loss(known) for path in paths)
    outdated = "the published files differ from the warehouse" if records.is_outdated(month) else ""
    return next(filter(None, losses), outdated)


def facts(today: date) -> list[dict[str, Any]]:
    """The state of each month, its sources and steps."""
    overdue, seconds, known = late(today), seconds_by_month(), dict[Path, str]()
    waiting = uploads.waiting_months() if address() else []
    monthly = [source for source in sources().values() if not source.static]
    return [
        {
            "month": f"{month:%Y-%m}",
            "sources": {
                source.name: source_facts(source, month, overdue.get((source.name, month), 0), known)
                for source in monthly
                if source.first_month <= month
            },
            **month_state(month, known),
            "waits_for_upload": month in waiting,
            "seconds": seconds.get(f"{month:%Y-%m}"),
            "published_bytes": size_of(record_of("published", month)),
        }
        for month in sorted({*months_known(), *(month for _, month in overdue)})
    ]


def facts_as_json(today: date) -> str:
    return json.dumps(facts(today), indent=1)


def seconds_by_month() -> dict[str, float]:
    """Seconds of the last runs of each month's tasks; those of a task of several months are divided by their number."""
    last = {
        (month, line.task, line.source): line.seconds / len(line.months)
        for line in read(data_folder() / "runs", condition=f"outcome = '{DONE}'")
        for month in line.months
    }
    seconds: dict[str, float] = {}
    for (month, *_), taken in last.items():
        seconds[month] = round(seconds.get(month, 0) + taken, 1)
    return seconds


def table(today: date) -> str:
    """A table with a line per month, a column per source and step, and the size of the files."""
    months = facts(today)
    if not months:
        return f"no month is stored in {data_folder()}; {first_step('status')}"
    seen = {name for month in months for name, fact in month["sources"].items() if fact["state"] != "missing"}
    used = [name for name, source in sources().items() if name in seen or (source.enabled and not source.static)]
    header = ["month", *used, *STEPS, "files", "tables", "took"]
    rows = [
        [
            month["month"],
            *(cell(month["sources"].get(name)) for name in used),
            *(month[step] for step in STEPS),
            megabytes(sum(fact.get("bytes", 0) for fact in month["sources"].values())),
            megabytes(month["published_bytes"]),
            f"{month['seconds']:,.0f} s" if month["seconds"] else "—",
        ]
        for month in months
    ]
    notes = [f"{month['month']} is rejected: {month['why_rejected']}" for month in months if month["why_rejected"]]
    notes += [
        f"{month['month']} is incomplete: {month['why_incomplete']}; {program()} verify --repair builds it again"
        for month in months
        if month["why_incomplete"]
    ]
    notes += [late_text(name, days) for name in sources() if (days := days_late(months, name))]
    notes += filter(None, [waiting_text()])
    return "\n".join([*fitting([header, *rows], terminal_columns()), COUNTED, *notes])


def days_late(months: Iterable[Mapping[str, Any]], source: str) -> dict[date, int]:
    """Days late of the source, by month, where it is."""
    found = {parse_month(month["month"]): month["sources"].get(source, {}).get("days_late") for month in months}
    return {month: days for month, days in found.items() if days}


def late_text(source: str, days: Mapping[date, int]) -> str:
    """``citibike 2024-01 to 2024-03: up to 90 days late``, of what the last catchup has found."""
    return f"{source} {months_text(days)}: {'up to ' * (len(days) > 1)}{max(days.values())} days late"


def cell(fact: Mapping[str, Any] | None) -> str:
    """The number of loaded rows, else the state; empty before the source's first month."""
    if not fact:
        return ""
    if fact["state"] == "loaded":
        return f"{fact['rows']:,}"
    return "—" if fact["state"] == "missing" else str(fact["state"])


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size else "—"


def terminal_columns() -> int:
    """How wide the terminal is that shows standard output; 0 where it is none."""
    return os.get_terminal_size(1).columns if os.isatty(1) else 0


def fitting(rows: Sequence[Sequence[str]], columns: int) -> list[str]:
    """The lines of the table, without sizes and seconds where the terminal is too narrow for them."""
    lines = aligned(rows)
    if not columns or len(lines[0]) <= columns:
        return lines
    return [*aligned([row[:-3] for row in rows]), "A wider terminal shows sizes and seconds as well."]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table: the first column left-aligned, the others right-aligned."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
