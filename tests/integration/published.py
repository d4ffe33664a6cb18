"""What publishers' files hold and what should become of it, worked out without the pipeline."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from pyarrow import parquet

Row = dict[str, Any]

NAMES = {
    "starts": "tpep_pickup_datetime lpep_pickup_datetime pickup_datetime pickup_date started_at starttime start_time",
    "ends": "tpep_dropoff_datetime lpep_dropoff_datetime dropoff_datetime ended_at stoptime stop_time",
    "pickup": "pulocationid locationid",
    "dropoff": "dolocationid",
    "miles": "trip_distance trip_miles",
    "fare": "fare_amount base_passenger_fare",
    "tip": "tip_amount tips",
    "total": "total_amount",
    "start_lat": "start_station_latitude",
    "start_lng": "start_station_longitude",
    "end_lat": "end_station_latitude",
    "end_lng": "end_station_longitude",
    "member": "usertype user_type member_casual",
    "tripduration": "trip_duration",
    "bikeid": "bike_id",
}
"""What the eras call their columns, in small letters and with underscores, by what they are called here."""
KNOWN = {published: name for name, several in NAMES.items() for published in several.split()}
CLOCKS = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")
NUMBERS = {"start_lat", "start_lng", "end_lat", "end_lng", "tripduration", "bikeid", "birth_year", "gender"}
HVFHV_PARTS = ("fare", "tolls", "bcf", "sales_tax", "congestion_surcharge", "airport_fee", "cbd_congestion_fee", "tip")


def name_of(column: str) -> str:
    plain = column.lower().replace(" ", "_")
    return KNOWN.get(plain, plain)


def rows_of(file: Path, month: date) -> list[Row]:
    """The month's rows in the order published, under common names; lines with a wrong number of fields are left out."""
    if file.suffix == ".parquet":
        table = parquet.read_table(file)
        return table.rename_columns([name_of(column) for column in table.column_names]).to_pylist()
    return [row for text in csvs(file, month) for row in readable(text)]


def lines_of(file: Path, month: date) -> int:
    """How many rows the file holds, whether they can be read or not."""
    if file.suffix == ".parquet":
        return parquet.read_metadata(file).num_rows
    return sum(len(text.splitlines()) - 1 for text in csvs(file, month))


def csvs(file: Path | io.BytesIO, month: date) -> list[str]:
    """The month's CSVs, each ride once: of a month that lies there in parts and in one piece, the parts."""
    found = dict(sorted((order(name), text) for name, text in members(file) if f"{month:%Y%m}" in name))
    parts = {key: text for key, text in found.items() if key[1]}
    return list((parts or found).values())


def members(file: Path | io.BytesIO) -> Iterator[tuple[str, str]]:
    """Name and text of every CSV, those of zips within the zip too."""
    with zipfile.ZipFile(file) as archive:
        for path in archive.namelist():
            folder, _, name = path.rpartition("/")
            if name.endswith(".zip"):
                yield from members(io.BytesIO(archive.read(path)))
            elif name.endswith(".csv") and "__MACOSX" not in folder:
                yield name, archive.read(path).decode()


def order(name: str) -> tuple[str, int]:
    """``202401-citibike-tripdata_10.csv`` as its stem and 10; 0 where there is no number."""
    found = re.fullmatch(r"(.*?)(?:_(\d+))?\.csv", name)
    assert found
    return found[1], int(found[2] or 0)


def readable(text: str) -> Iterator[Row]:
    header, *lines = csv.reader(io.StringIO(text))
    names = [name_of(column) for column in header]
    for line in lines:
        if len(line) == len(header):
            yield {name: value_of(name, word) for name, word in zip(names, line, strict=True)}


def value_of(name: str, word: str) -> Any:
    if word in ("", "NULL", r"\N"):
        return None
    if name in ("starts", "ends"):
        return time_of(word)
    return float(word) if name in NUMBERS else word


def time_of(word: str) -> datetime:
    pattern = CLOCKS[2 if word.count(":") == 2 else 3] if "/" in word else CLOCKS[0 if "." in word else 1]
    return datetime.strptime(word, pattern)


# ---------------------------------------------------------------- what is a trip, and what it is worth


@dataclass(frozen=True)
class Trip:
    """A row and why it is no trip, if it is none."""

    row: Row
    reason: str | None

    def __getitem__(self, name: str) -> Any:
        return self.row.get(name)

    @property
    def is_adjustment(self) -> bool:
        return any(amount is not None and amount < 0 for amount in (self["fare"], self.dollars("total")))

    @property
    def hour(self) -> datetime:
        return self["starts"].replace(minute=0, second=0, microsecond=0)

    @property
    def lasts(self) -> timedelta | None:
        return self["ends"] and self["ends"] - self["starts"]

    def dollars(self, name: str) -> Decimal | None:
        """An amount to the cent; of hvfhv the total is what the passenger pays in all."""
        if name == "total" and "bcf" in self.row:
            return sum((Decimal(str(self[part] or 0)) for part in HVFHV_PARTS), Decimal()).quantize(Decimal("0.01"))
        amount = self.exact(name)
        return None if amount is None else amount.quantize(Decimal("0.01"))

    def exact(self, name: str) -> Decimal | None:
        """A number as it is written."""
        return None if self[name] is None else Decimal(str(self[name]))


def judged(rows: Iterable[Row], month: date, earlier: Collection[object] = ()) -> list[Trip]:
    """Each row with its verdict; ``earlier`` are the rides of the month before's file, as ``ride_of`` knows them."""
    seen: set[object] = set()
    trips = []
    for row in rows:
        line = tuple(row.values())
        again = "exact_duplicate" if line in seen else "in_earlier_file" if ride_of(row) in earlier else None
        seen.add(line)
        trips.append(Trip(row, why_not(row, month) or again))
    return trips


def why_not(row: Row, month: date) -> str | None:
    """The reason for which a row is no trip, whatever other rows say (SPEC, §4)."""
    day, starts, ends = timedelta(days=1), row["starts"], row.get("ends")
    first = datetime(month.year, month.month, 1)
    after = (first + 31 * day).replace(day=1)
    if not first - day <= starts < after + day:
        return "pickup_outside_file_month"
    if ends and ends < starts:
        return "ends_before_it_starts"
    if ends and ends - starts > day:
        return "longer_than_24_h"
    zones = [row.get(name) for name in ("pickup", "dropoff")]
    return "unknown_zone_id" if any(zone and not 1 <= zone <= 265 for zone in zones) else None


def ride_of(row: Row) -> object:
    """What a ride is known by in another file: its id, or all that is said of it."""
    return row.get("ride_id") or tuple(row.values())


# ---------------------------------------------------------------- all files of an upstream


@dataclass(frozen=True)
class Files:
    """A generated upstream: its trip files by source and month, and what the generator says that it put into them."""

    root: Path

    @cached_property
    def told(self) -> dict[tuple[str, date], dict[str, Any]]:
        manifest = json.loads((self.root / "manifest.json").read_text())
        return {(file["source"], date.fromisoformat(file["month"])): file for file in manifest["files"]}

    def rows(self, source: str, month: date) -> list[Row]:
        return rows_of(self.root / self.told[source, month]["file"], month)

    @cached_property
    def trips(self) -> dict[tuple[str, date], list[Trip]]:
        """Every row of every file with its verdict."""
        found: dict[tuple[str, date], list[Trip]] = {}
        for source, month in sorted(self.told):
            before = found.get((source, (month - timedelta(days=1)).replace(day=1)), [])
            earlier = {ride_of(trip.row) for trip in before if trip.reason is None}
            found[source, month] = judged(self.rows(source, month), month, earlier)
        return found
