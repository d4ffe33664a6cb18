"""What can happen to a month before it is published, done to generated files: one function a kind of file."""

import json
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import duckdb

from pipeline.sample.server import Fault
from pipeline.sample.weather import archive_response
from pipeline.sources import sources
from tests.conftest import Place

PARQUET = {"yellow_taxi": "yellow", "green_taxi": "green", "fhv_taxi": "fhv"}


def rows_of_taxis(place: Place, source: str, month: date, select: str) -> None:
    """Replaces a month's Parquet file by what ``select`` makes of it, which is called «trips»."""
    path = place.upstream.root / f"trip-data/{PARQUET[source]}_tripdata_{month:%Y-%m}.parquet"
    with duckdb.connect() as con:
        con.execute(f"create table trips as from '{path}'")
        con.execute(f"copy ({select}) to '{path}' (format parquet)")


def rows_of_bikes(place: Place, source: str, month: date, select: str) -> None:
    """Replaces each CSV of a month's zip by what ``select`` makes of it, which is called «rides»."""

    def changed(name: str, text: bytes) -> bytes:
        here = place.upstream.root / "rides.csv"
        here.write_bytes(text)
        with duckdb.connect() as con:
            con.execute(f"create table rides as from read_csv('{here}', all_varchar = true)")
            con.execute(f"copy ({select}) to '{here}' (format csv, header)")
        text = here.read_bytes()
        here.unlink()
        return text

    members_of_bikes(place, source, month, changed)


def members_of_bikes(place: Place, source: str, month: date, change: Callable[[str, bytes], bytes | None]) -> None:
    """Replaces each CSV of a month's zip; None leaves it out."""
    prefix = "JC-" if source == "citibike_jc" else ""
    (path,) = (place.upstream.root / "tripdata").glob(f"{prefix}{month:%Y%m}-citibike-tripdata*.zip")
    with zipfile.ZipFile(path) as published:
        members = {name: published.read(name) for name in published.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as damaged:
        for name, text in members.items():
            is_data = name.endswith(".csv") and not name.startswith("__MACOSX")
            if (new := change(name, text) if is_data else text) is not None:
                damaged.writestr(name, new)


def hours_of_weather(place: Place, month: date, change: Callable[[dict[str, list[Any]]], None]) -> None:
    """Changes the columns of the weather's answer for a month."""
    (url,) = sources()["weather"].urls_of(month)
    query = unquote(urlsplit(url).query)
    answer = archive_response(dict(parse_qsl(query)), date(2026, 1, 1))
    change(answer["hourly"])
    fault = Fault(f"v1/archive?{query}", body=json.dumps(answer).encode(), content_type="application/json")
    place.upstream.faults.append(fault)
