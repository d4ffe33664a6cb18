"""The files that explore.html answers questions from: one of each month, and those that all months share."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.database import connect
from pipeline.errors import BadFile
from pipeline.paths import atomic_write, data_folder, digest_of_files, path_for, program, sha256_of
from pipeline.project import PACKAGE
from pipeline.sources import sources
from pipeline.tasks import records, selection
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.settings import warehouse
from pipeline.warehouse import dbt

if TYPE_CHECKING:
    from pipeline.semantics import Semantics


@cache
def version() -> str:
    """Changes with the code that decides what a month's file has, and which effects are significant."""
    others = (PACKAGE / name for name in ("rollup.py", "semantics.py", "report/answer.py"))
    return digest_of_files(*(PACKAGE / "explore").glob("*.py"), *others)


@cache
def semantics_of(_: str) -> "Semantics":
    """What the semantic layer of the project with this digest declares."""
    from pipeline.semantics import read_semantics

    return read_semantics(dbt.semantic_manifest(warehouse()))


def write_month(month: date, path: Path) -> dict[str, Any]:
    """Writes the month's file; returns what the catalogue says of the month.

    Raises BadFile where the month's rollup is damaged.
    """
    from pipeline import explore
    from pipeline.metrics.export import EFFECTS_OF_MONTH, create_views_of_month

    semantics, rollup = semantics_of(dbt.project_digest()), rollup_of(month)
    with connect(Path(":memory:"), warehouse().settings) as con:
        create_views_of_month(con, warehouse().path, month, EFFECTS_OF_MONTH)
        con.execute(f"use {warehouse().path.stem}.core")
        cubes = explore.cubes_of_month(explore.Marts(con, semantics, month, rollup=rollup))
        estimates = with_significance(explore.estimates_of_month(con))
    with atomic_write(path) as part:
        part.write_text(explore.month_file(cubes | {"estimates": estimates}))
    return {
        "modes": cubes["tables"]["trip_type"]["dimensions"]["trip__trip_type"]["values"],
        "sources": [name for name in selection.loaded(month) if sources()[name].trip_type],
        "generated": records.generated_sources([month])[month],
    }


def rollup_of(month: date) -> Path:
    """The file of the month's rollup; raises BadFile where it is not as Measure has written it."""
    from pipeline.metrics.export import rollup_file

    receipt = Receipt(path_for("published/metrics", month, ".json"))
    file = rollup_file(receipt.path.parent / f"month={month:%Y-%m}")
    expected = receipt.record["sha256_of_files"][str(file.relative_to(data_folder()))]
    if not file.exists() or sha256_of(file) != expected:
        problem = f"is damaged, its SHA-256 is not that in {receipt.path}" if file.exists() else "does not exist"
        raise BadFile(f"{month:%Y-%m}: {file} {problem}; {program()} verify --repair computes it again")
    return file


def write_catalogue() -> None:
    """Writes what all months share: the catalogue and the zones. Call it wherever a month is added or deleted."""
    from pipeline import explore

    published, folder = data_folder() / "published", path_for(records.EXPLORE, "", "")
    semantics = semantics_of(dbt.project_digest())
    months = [catalogue_entry(month) for month in sorted(records.months_with(records.EXPLORE))]
    found = explore.catalogue(semantics, definitions(), published, months) | modes_and_publishers(months) | conditions()
    found["pooled"] = with_significance(explore.pooled_estimates(published))
    found["program"] = program()
    files = {
        "catalogue.js": explore.catalogue_file(found),
        "zones.js": explore.zones_file(explore.shapes(published)),
    }
    for name, text in files.items():
        with atomic_write(folder / name) as part:
            part.write_text(text)
    Receipt(records.catalogue_receipt()).write([folder / name for name in files])


def with_significance(estimates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The estimates, each with whether it is significant: by the rule of the pages of months."""
    from pipeline.report.answer import is_estimated, is_significant

    return [row | {"is_significant": is_estimated(row) and is_significant(row)} for row in estimates]


def catalogue_entry(month: date) -> dict[str, Any]:
    """What the catalogue says of a month."""
    record = records.record_of(records.EXPLORE, month) or {}
    return {"month": f"{month:%Y-%m}", **{key: record.get(key, []) for key in ("modes", "sources", "generated")}}


def definitions() -> dict[str, dict[str, str]]:
    """The words of each metric."""
    from pipeline.metrics.declared import definitions as declared

    fields = ("label", "description", "category", "unit", "formula")
    return {name: {field: getattr(metric, field) for field in fields} for name, metric in declared().items()}


def modes_and_publishers(months: list[dict[str, Any]]) -> dict[str, Any]:
    """The modes in the order of their sources, with titles and colours, and the publishers of what the months have."""
    from pipeline.report.origin import MANY_MONTHS, PROGRAM
    from pipeline.report.words import mode_sources, mode_title, showing, trips_label

    names = sorted({name for month in months for name in month["sources"]})
    found = {mode for month in months for mode in month["modes"]}
    with showing(names):
        modes = [
            {
                "trip_type": mode,
                "title": mode_title(mode),
                "trips": trips_label(mode),
                "colour": source.colour,
                "colour_dark": source.colour_dark or source.colour,
            }
            for mode, source in mode_sources().items()
            if mode in found
        ]
    weather, zones = ([one.name for one in sources().values() if one.kind == kind] for kind in ("weather", "zones"))
    publishers = dict.fromkeys(sources()[name].publisher for name in [*names, *weather, *zones])
    fields = ("name", "title", "link", "licence", "licence_link", "attribution")
    return {
        "modes": modes,
        "publishers": [{field: getattr(one, field) for field in fields} for one in publishers],
        "made_up": f"made up {PROGRAM}",
        "many_months": MANY_MONTHS,
        "publisher_of": {name: sources()[name].publisher.name for name in [*names, *weather]},
        "in_every_month": weather,
    }


def conditions() -> dict[str, list[dict[str, str]]]:
    """The conditions whose effects are estimated, and the doses of rain and the hours after it, in order."""
    from pipeline.metrics.conditions import AFTER_HOURS, DOSES_MM
    from pipeline.report.words import CONDITIONS

    doses = {name: name.removeprefix("rain_").replace("_", " ") for name in (*DOSES_MM, *AFTER_HOURS)}
    return {
        "conditions": [
            {"condition": name, "title": one.title, "definition": one.definition} for name, one in CONDITIONS.items()
        ],
        "doses": [{"condition": name, "title": title} for name, title in doses.items()],
    }
