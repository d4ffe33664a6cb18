"""The rows of published files and their expected results, computed without the pipeline."""

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
from zoneinfo import ZoneInfo

from pyarrow import parquet

Row = dict[str, Any]
NEW_YORK = ZoneInfo("America/New_York")

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
"""Common name -> published names, in lower case and with underscores."""
COMMON_NAMES = {published: name for name, names in NAMES.items() for published in names.split()}
TIME_FORMATS = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")
NUMERIC_COLUMNS = {"start_lat", "start_lng", "end_lat", "end_lng", "tripduration", "bikeid", "birth_year", "gender"}
HVFHV_AMOUNTS = (
    "fare",
    "tolls",
    "bcf",
    "sales_tax",
    "congestion_surcharge",
    "airport_fee",
    "cbd_congestion_fee",
    "tip",
)


def common_name(column: str) -> str:
    name = column.lower().replace(" ", "_")
    return COMMON_NAMES.get(name, name)


def rows_of(file: Path, month: date) -> list[Row]:
    """The month's rows in the published order, with common names, without lines of a wrong number of fields."""
    if file.suffix == ".parquet":
        table = parquet.read_table(file)
        rows: list[Row] = table.rename_columns([common_name(column) for column in table.column_names]).to_pylist()
        return rows
    return [row for text in csv_texts(file, month) for row in csv_rows(text)]


def count_rows(file: Path, month: date) -> int:
    """The number of rows of the month, including unreadable lines."""
    if file.suffix == ".parquet":
        return int(parquet.read_metadata(file).num_rows)
    return sum(len(text.splitlines()) - 1 for text in csv_texts(file, month))


def csv_texts(file: Path | io.BytesIO, month: date) -> list[str]:
    """The month's CSVs, each ride once: the parts, where the archive has parts and the whole month."""
    found = dict(sorted((sort_key(name), text) for name, text in members(file) if f"{month:%Y%m}" in name))
    parts = {key: text for key, text in found.items() if key[1]}
    return list((parts or found).values())


def members(file: Path | io.BytesIO) -> Iterator[tuple[str, str]]:
    """The name and the text of each CSV, also of nested archives."""
    with zipfile.ZipFile(file) as archive:
        for path in archive.namelist():
            folder, _, name = path.rpartition("/")
            if name.endswith(".zip"):
                yield from members(io.BytesIO(archive.read(path)))
            elif name.endswith(".csv") and "__MACOSX" not in folder:
                yield name, archive.read(path).decode()


def sort_key(name: str) -> tuple[str, int]:
    """``202401-citibike-tripdata_10.csv`` as its stem and 10; 0 where there is no number."""
    found = re.fullmatch(r"(.*?)(?:_(\d+))?\.csv", name)
    assert found
    return found[1], int(found[2] or 0)


def csv_rows(text: str) -> Iterator[Row]:
    """The rows of a CSV with as many fields as its header."""
    header, *lines = csv.reader(io.StringIO(text))
    names = [common_name(column) for column in header]
    for line in lines:
        if len(line) == len(header):
            yield {name: value_of(name, field) for name, field in zip(names, line, strict=True)}


def value_of(name: str, text: str) -> Any:
    if text in ("", "NULL", r"\N"):
        return None
    if name in ("starts", "ends"):
        return time_of(text)
    return float(text) if name in NUMERIC_COLUMNS else text


def time_of(text: str) -> datetime:
    if "/" in text:
        return datetime.strptime(text, TIME_FORMATS[2 if text.count(":") == 2 else 3])
    return datetime.strptime(text, TIME_FORMATS[0 if "." in text else 1])


# ---------------------------------------------------------------- trips and rejected rows


@dataclass(frozen=True)
class Trip:
    """A row, with the reason for which it is rejected, or None."""

    row: Row
    reason: str | None

    def __getitem__(self, name: str) -> Any:
        return self.row.get(name)

    @property
    def is_adjustment(self) -> bool:
        return any(amount is not None and amount < 0 for amount in (self["fare"], self.dollars("total")))

    @property
    def hour(self) -> datetime:
        start: datetime = self["starts"]
        return start.replace(minute=0, second=0, microsecond=0)

    @property
    def duration(self) -> timedelta | None:
        return duration(self["starts"], self["ends"]) if self["ends"] else None

    def dollars(self, name: str) -> Decimal | None:
        """An amount, rounded to cents. The total of hvfhv is the sum of its amounts."""
        if name == "total" and "bcf" in self.row:
            return sum((Decimal(str(self[part] or 0)) for part in HVFHV_AMOUNTS), Decimal()).quantize(Decimal("0.01"))
        amount = self.exact(name)
        return None if amount is None else amount.quantize(Decimal("0.01"))

    def exact(self, name: str) -> Decimal | None:
        """A number with all its digits."""
        return None if self[name] is None else Decimal(str(self[name]))


def classify(rows: Iterable[Row], month: date, earlier_rides: Collection[object] = ()) -> list[Trip]:
    """Each row as a trip or a rejected row; ``earlier_rides`` are the ``ride_key`` of the month before."""
    rows, seen, trips = list(rows), set[object](), []
    tells_trips_apart = any(row.get("ends") for row in rows)
    for row in rows:
        line = tuple(row.values())
        is_earlier = ride_key(row) in earlier_rides
        repetition = (
            "exact_duplicate" if line in seen and tells_trips_apart else "in_earlier_file" if is_earlier else None
        )
        seen.add(line)
        trips.append(Trip(row, rejection_reason(row, month) or repetition))
    return trips


def rejection_reason(row: Row, month: date) -> str | None:
    """The reason for which a row is rejected, independent of other rows."""
    day, starts, ends = timedelta(days=1), row["starts"], row.get("ends")
    first = datetime(month.year, month.month, 1)
    after = (first + 31 * day).replace(day=1)
    if not first - day <= starts < after + day:
        return "pickup_outside_file_month"
    if ends and duration(starts, ends) < timedelta():
        return "ends_before_it_starts"
    if ends and duration(starts, ends) > day:
        return "longer_than_24_h"
    zones = [row.get(name) for name in ("pickup", "dropoff")]
    return "unknown_zone_id" if any(zone and not 1 <= zone <= 265 for zone in zones) else None


def duration(starts: datetime, ends: datetime) -> timedelta:
    """The shortest duration that is not negative, by every reading of times in the hour that is repeated or skipped."""
    readings = [utc_of(ends, end_fold) - utc_of(starts, fold) for fold in (0, 1) for end_fold in (0, 1)]
    return min((one for one in readings if one >= timedelta()), default=max(readings))


def utc_of(local: datetime, fold: int) -> datetime:
    return local - (local.replace(tzinfo=NEW_YORK, fold=fold).utcoffset() or timedelta())


def ride_key(row: Row) -> object:
    """The key of a ride in another file: its id, or all its values."""
    return row.get("ride_id") or tuple(row.values())


# ---------------------------------------------------------------- the files of an upstream


@dataclass(frozen=True)
class PublishedFiles:
    """The trip files of a generated upstream, and its manifest, by source and month."""

    root: Path

    @cached_property
    def manifest(self) -> dict[tuple[str, date], dict[str, Any]]:
        files = json.loads((self.root / "manifest.json").read_text())["files"]
        return {(file["source"], date.fromisoformat(file["month"])): file for file in files}

    def rows(self, source: str, month: date) -> list[Row]:
        return rows_of(self.root / self.manifest[source, month]["file"], month)

    @cached_property
    def trips(self) -> dict[tuple[str, date], list[Trip]]:
        """Each row of each file, as a trip or a rejected row."""
        found: dict[tuple[str, date], list[Trip]] = {}
        for source, month in sorted(self.manifest):
            before = found.get((source, (month - timedelta(days=1)).replace(day=1)), [])
            earlier_rides = {ride_key(trip.row) for trip in before if trip.reason is None}
            found[source, month] = classify(self.rows(source, month), month, earlier_rides)
        return found
