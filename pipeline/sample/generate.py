"""Generate the files of the publishers' hosts in a folder. The same arguments give the same files, byte for byte."""

import json
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.sample import archives, citibike, polygons, sampling, tlc, zones
from pipeline.sample.demand import WEATHER_EFFECTS, Hour, WeatherEffect, hours_of_month
from pipeline.sources import sources as declared_sources

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS_PER_MONTH: Mapping[str, int] = {
    "yellow_taxi": 40_000,
    "green_taxi": 3_000,
    "fhv_taxi": 12_000,
    "hvfhv_taxi": 5_000,
    "citibike": 15_000,
    "citibike_jc": 2_000,
}
"""The rows of an average month without rain."""
DEMO_SOURCES = ("yellow_taxi", "fhv_taxi", "citibike", "weather", "taxi_zones")
"""Weather has no file: the server computes it."""
ANOMALIES: Mapping[str, Mapping[str, int]] = {
    "yellow_taxi": tlc.METERED_ANOMALIES,
    "green_taxi": tlc.METERED_ANOMALIES,
    "fhv_taxi": tlc.FOR_HIRE_ANOMALIES,
    "hvfhv_taxi": tlc.FOR_HIRE_ANOMALIES,
    "citibike": citibike.ANOMALIES,
    "citibike_jc": citibike.ANOMALIES,
}
"""The anomalies of published files: the number of rows of each kind, by source."""
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class GeneratedFile:
    """The file of a month. ``counts`` has ``rows``, which includes unreadable lines, and the rows of each kind."""

    source: str
    month: date
    file: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Options:
    """The options of ``generate``."""

    rows: Mapping[str, int]
    scale: float
    anomalous_months: Collection[date]
    anomalies: Mapping[str, Mapping[str, int]]
    effects: Mapping[str, WeatherEffect]
    rows_per_csv: int
    seed: int

    def anomalies_of(self, source: str, month: date) -> Mapping[str, int]:
        return self.anomalies.get(source, {}) if month in self.anomalous_months else {}

    def hours(self, source: str, month: date, days_before: int = 0) -> list[Hour]:
        rows, effect = self.rows[source] * self.scale, self.effects.get(source, WeatherEffect())
        return hours_of_month(source, month, rows, effect, self.seed, days_before)


def generate(  # noqa: PLR0913 - independent options, given by keyword
    root: Path,
    months: Sequence[date],
    *,
    sources: Collection[str] = DEMO_SOURCES,
    rows: Mapping[str, int] = ROWS_PER_MONTH,
    scale: float = 1.0,
    anomalous_months: Collection[date] = (),
    anomalies: Mapping[str, Mapping[str, int]] = ANOMALIES,
    effects: Mapping[str, WeatherEffect] = WEATHER_EFFECTS,
    rows_per_csv: int = 1_000_000,
    seed: int = 1,
) -> list[GeneratedFile]:
    """Write the files of the months under ``root``, and their row counts to ``manifest.json``.

    ``rows`` times ``scale`` are the rows of an average month without rain; the season and the weather change them.
    ``anomalies`` are added to the files of ``anomalous_months``: so many rows of each kind, by source. A yearly archive
    has the months of one call.
    """
    options = Options({**ROWS_PER_MONTH, **rows}, scale, anomalous_months, anomalies, effects, rows_per_csv, seed)
    with tempfile.TemporaryDirectory(prefix="sample-") as scratch:
        con = sampling.connect(Path(scratch))
        files = [
            *write_taxi_files(con, root, select_months(tlc.FLEETS, sources, months), options),
            *write_bike_files(con, root, select_months(citibike.SOURCES, sources, months), options, Path(scratch)),
        ]
        con.close()
    if "taxi_zones" in sources:
        zones.write_lookup(root / "misc" / "taxi_zone_lookup.csv")
        polygons.write_archive(root / "misc" / "taxi_zones.zip")
    write_manifest(root / MANIFEST, files, effects)
    return files


def select_months(names: Iterable[str], selected: Collection[str], months: Sequence[date]) -> list[tuple[str, date]]:
    """The selected of the named sources, each with those of the months that it is published for."""
    return [
        (source, month)
        for source in names
        if source in selected
        for month in sorted(months)
        if month >= declared_sources()[source].first_month
    ]


def write_taxi_files(
    con: "DuckDBPyConnection", root: Path, source_months: Sequence[tuple[str, date]], options: Options
) -> list[GeneratedFile]:
    if source_months:
        tlc.create_zone_tables(con)
    files = []
    for source, month in source_months:
        file = tlc.file_of(source, month)
        anomalies = {
            anomaly: number
            for anomaly, number in options.anomalies_of(source, month).items()
            if tlc.can_show(source, month, anomaly)
        }
        sampling.create_local_time(con, month)
        sampling.create_seeds(con, options.hours(source, month), month, anomalies, tlc.PAIRS)
        files.append(GeneratedFile(source, month, file, tlc.write_month(con, source, month, root / file)))
    return files


def write_bike_files(
    con: "DuckDBPyConnection", root: Path, source_months: Sequence[tuple[str, date]], options: Options, scratch: Path
) -> list[GeneratedFile]:
    """Write each monthly archive, and then the yearly archives from the rides of their months."""
    if source_months:
        citibike.create_station_tables(con)
    files, years = [], dict[str, list[archives.MonthOfRides]]()
    for source, month in source_months:
        rides, counts = write_rides(con, source, month, options, scratch / f"{source}-{month}.csv")
        file = archives.file_of(source, month)
        files.append(GeneratedFile(source, month, file, counts))
        if archives.is_yearly(source, month):
            years.setdefault(file, []).append(rides)
        else:
            archives.write_month(root / file, rides)
            rides.lines.unlink()
    for file, months in years.items():
        archives.write_year(root / file, months)
    return files


def write_rides(
    con: "DuckDBPyConnection", source: str, month: date, options: Options, lines: Path
) -> tuple[archives.MonthOfRides, dict[str, int]]:
    """Write the month's rides to the file ``lines``. Returns them with the numbers of rows of each kind."""
    anomalies = options.anomalies_of(source, month)
    seeded = {anomaly: number for anomaly, number in anomalies.items() if anomaly not in citibike.NOT_SEEDED}
    sampling.create_local_time(con, month)
    sampling.create_seeds(con, options.hours(source, month, days_before=1), month, seeded, citibike.PAIRS)
    counts = citibike.create_rides(con, source, month, anomalies)
    header = citibike.write_csv(con, month, lines)
    unreadable = anomalies.get("unreadable", 0)
    counts |= {"rows": counts["rows"] + unreadable, "unreadable": unreadable}
    rows_per_csv = options.rows_per_csv if source == "citibike" else 10**9
    return archives.MonthOfRides(month, lines, header, rows_per_csv, unreadable), counts


def write_manifest(path: Path, files: Sequence[GeneratedFile], effects: Mapping[str, WeatherEffect]) -> None:
    """Write the row counts of the files, and keep those of earlier calls for other files of the folder."""
    earlier = json.loads(path.read_text())["files"] if path.exists() else []
    generated = [asdict(file) | {"month": str(file.month)} for file in files]
    entries = {(entry["source"], entry["month"]): entry for entry in [*earlier, *generated]}
    path.parent.mkdir(parents=True, exist_ok=True)
    manifest = {
        "effects": {source: asdict(effect) for source, effect in effects.items()},
        "files": list(entries.values()),
    }
    path.write_text(json.dumps(manifest, indent=1) + "\n")
