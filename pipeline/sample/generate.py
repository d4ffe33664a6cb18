"""Nothing -> a folder that looks like the publishers' hosts: the same arguments give the same files, byte for byte."""

import json
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.sample import archives, citibike, demand, polygons, sampling, tlc, zones
from pipeline.sample.demand import EFFECTS, Effect
from pipeline.sources import sources as declared_sources

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS: Mapping[str, int] = {  # of an average month without rain
    "yellow_taxi": 40_000,
    "green_taxi": 3_000,
    "fhv_taxi": 12_000,
    "hvfhv_taxi": 5_000,
    "citibike": 15_000,
    "citibike_jc": 2_000,
}
DEMO_SOURCES = (
    "yellow_taxi",
    "fhv_taxi",
    "citibike",
    "weather",
    "taxi_zones",
)  # the weather needs no file: the server knows it
ANOMALIES: Mapping[str, Mapping[str, int]] = {
    "yellow_taxi": tlc.METERED_DIRT,
    "green_taxi": tlc.METERED_DIRT,
    "fhv_taxi": tlc.BOOKED_DIRT,
    "hvfhv_taxi": tlc.BOOKED_DIRT,
    "citibike": citibike.ANOMALIES,
    "citibike_jc": citibike.ANOMALIES,
}
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class GeneratedFile:
    """What a month's file holds: ``counts`` has ``rows`` (all of them, unreadable lines too) and those of each kind."""

    source: str
    month: date
    file: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Recipe:
    """What is to be made; see ``generate``."""

    rows: Mapping[str, int]
    scale: float
    anomalous_months: Collection[date]
    anomalies: Mapping[str, Mapping[str, int]]
    effects: Mapping[str, Effect]
    rows_per_csv: int
    seed: int

    def dirt_of(self, source: str, month: date) -> Mapping[str, int]:
        return self.anomalies.get(source, {}) if month in self.anomalous_months else {}

    def hours(self, source: str, month: date, days_before: int = 0) -> list[demand.Hour]:
        rows = self.rows[source] * self.scale
        return demand.hours(source, month, rows, self.effects.get(source, Effect()), self.seed, days_before)


def generate(  # noqa: PLR0913 - each of them is one plain fact, and named where it is given
    root: Path,
    months: Sequence[date],
    *,
    sources: Collection[str] = DEMO_SOURCES,
    rows: Mapping[str, int] = ROWS,
    scale: float = 1.0,
    anomalous_months: Collection[date] = (),
    anomalies: Mapping[str, Mapping[str, int]] = ANOMALIES,
    effects: Mapping[str, Effect] = EFFECTS,
    rows_per_csv: int = 1_000_000,
    seed: int = 1,
) -> list[GeneratedFile]:
    """Write the months' files under ``root`` and what is in them to ``manifest.json``.

    ``rows`` (times ``scale``) are those of an average month without rain; season and weather make them more or fewer.
    ``anomalous_months`` get the ``anomalies`` of each source in addition: so many rows of each kind. A yearly archive
    holds the months of one call.
    """
    recipe = Recipe({**ROWS, **rows}, scale, anomalous_months, anomalies, effects, rows_per_csv, seed)
    with tempfile.TemporaryDirectory(prefix="sample-") as scratch:
        con = sampling.connect(Path(scratch))
        made = [
            *taxis(con, root, feeds_of(tlc.FILES, sources, months), recipe),
            *bikes(con, root, feeds_of(citibike.SOURCES, sources, months), recipe, Path(scratch)),
        ]
        con.close()
    if "taxi_zones" in sources:
        zones.write_lookup(root / "misc" / "taxi_zone_lookup.csv")
        polygons.write(root / "misc" / "taxi_zones.zip")
    write_manifest(root / MANIFEST, made, effects)
    return made


def feeds_of(names: Iterable[str], selected: Collection[str], months: Sequence[date]) -> list[tuple[str, date]]:
    return [
        (source, month)
        for source in names
        if source in selected
        for month in sorted(months)
        if month >= declared_sources()[source].first_month
    ]


def taxis(
    con: "DuckDBPyConnection", root: Path, feeds: Sequence[tuple[str, date]], recipe: Recipe
) -> list[GeneratedFile]:
    if feeds:
        tlc.prepare(con)
    made = []
    for source, month in feeds:
        file = tlc.FILES[source].format(month=month)
        dirt = {
            kind: number for kind, number in recipe.dirt_of(source, month).items() if tlc.can_hold(source, month, kind)
        }
        sampling.clock(con, month)
        sampling.seeds(con, recipe.hours(source, month), month, dirt, tlc.PAIRS)
        made.append(GeneratedFile(source, month, file, tlc.make(con, source, month, root / file)))
    return made


def bikes(
    con: "DuckDBPyConnection", root: Path, feeds: Sequence[tuple[str, date]], recipe: Recipe, scratch: Path
) -> list[GeneratedFile]:
    """Monthly archives as soon as they are drawn, yearly ones when their months are."""
    if feeds:
        citibike.prepare(con)
    made, years = [], dict[str, list[archives.Rides]]()
    for source, month in feeds:
        rides, counts = draw_rides(con, source, month, recipe, scratch / f"{source}-{month}.csv")
        file = archives.name_of(source, month)
        made.append(GeneratedFile(source, month, file, counts))
        if archives.is_yearly(source, month):
            years.setdefault(file, []).append(rides)
        else:
            archives.write_month(root / file, rides)
            rides.lines.unlink()
    for file, months in years.items():
        archives.write_year(root / file, months)
    return made


def draw_rides(
    con: "DuckDBPyConnection", source: str, month: date, recipe: Recipe, lines: Path
) -> tuple[archives.Rides, dict[str, int]]:
    dirt = recipe.dirt_of(source, month)
    sampling.clock(con, month)
    drawn_first = {kind: number for kind, number in dirt.items() if kind not in citibike.LATER_DIRT}
    sampling.seeds(con, recipe.hours(source, month, days_before=1), month, drawn_first, citibike.PAIRS)
    counts = citibike.draw(con, source, month, dirt)
    header = citibike.write_csv(con, month, lines)
    unreadable = dirt.get("unreadable", 0)
    counts |= {"rows": counts["rows"] + unreadable, "unreadable": unreadable}
    return archives.Rides(
        month, lines, header, recipe.rows_per_csv if source == "citibike" else 10**9, unreadable
    ), counts


def write_manifest(path: Path, made: Sequence[GeneratedFile], effects: Mapping[str, Effect]) -> None:
    """What was put in, beside what an earlier call put into other files of the same folder."""
    known = json.loads(path.read_text())["files"] if path.exists() else []
    files = {
        (one["source"], one["month"]): one
        for one in [*known, *(asdict(one) | {"month": str(one.month)} for one in made)]
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"effects": {source: asdict(effect) for source, effect in effects.items()}, "files": list(files.values())}
    path.write_text(json.dumps(told, indent=1) + "\n")
