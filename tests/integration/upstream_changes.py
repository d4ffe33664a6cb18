"""Change generated files and the weather's answers, by the kind of file."""

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
from tests.conftest import Workspace

FILE_PREFIXES = {"yellow_taxi": "yellow", "green_taxi": "green", "fhv_taxi": "fhv"}


def change_taxi_rows(workspace: Workspace, source: str, month: date, select: str) -> None:
    """Replace a month's Parquet file by the result of ``select`` on the table ``trips``."""
    path = workspace.upstream.root / f"trip-data/{FILE_PREFIXES[source]}_tripdata_{month:%Y-%m}.parquet"
    with duckdb.connect() as con:
        con.execute(f"create table trips as from '{path}'")
        con.execute(f"copy ({select}) to '{path}' (format parquet)")


def change_bike_rows(workspace: Workspace, source: str, month: date, select: str) -> None:
    """Replace each CSV of a month's archive by the result of ``select`` on the table ``rides``."""

    def changed(name: str, text: bytes) -> bytes:
        csv = workspace.upstream.root / "rides.csv"
        csv.write_bytes(text)
        with duckdb.connect() as con:
            con.execute(f"create table rides as from read_csv('{csv}', all_varchar = true)")
            con.execute(f"copy ({select}) to '{csv}' (format csv, header)")
        text = csv.read_bytes()
        csv.unlink()
        return text

    change_bike_csvs(workspace, source, month, changed)


def change_bike_csvs(
    workspace: Workspace, source: str, month: date, change: Callable[[str, bytes], bytes | None]
) -> None:
    """Replace each CSV of a month's archive by ``change(name, content)``, or remove it where that is None."""
    prefix = "JC-" if source == "citibike_jc" else ""
    (path,) = (workspace.upstream.root / "tripdata").glob(f"{prefix}{month:%Y%m}-citibike-tripdata*.zip")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            is_data = name.endswith(".csv") and not name.startswith("__MACOSX")
            if (content := change(name, text) if is_data else text) is not None:
                archive.writestr(name, content)


def change_weather(workspace: Workspace, month: date, change: Callable[[dict[str, list[Any]]], None]) -> None:
    """Change the hourly columns of the weather's answer for a month."""
    (url,) = sources()["weather"].urls_of(month)
    query = unquote(urlsplit(url).query)
    answer = archive_response(dict(parse_qsl(query)), date(2026, 1, 1))
    change(answer["hourly"])
    fault = Fault(f"v1/archive?{query}", body=json.dumps(answer).encode(), content_type="application/json")
    workspace.upstream.faults.append(fault)
