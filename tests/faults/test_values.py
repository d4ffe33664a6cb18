"""Published values that are not what they seem give the right value, null and a finding, or one line."""

import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import duckdb
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import BadFile, BadInput
from pipeline.ingest import convert
from pipeline.ingest.csv_lines import MAX_LINE
from pipeline.project import CONFIG
from pipeline.sample.server import Fault
from pipeline.sample.weather import archive_response
from pipeline.sources import read_source, sources
from tests.conftest import Workspace

JANUARY = date(2024, 1, 1)
GREEN = "trip-data/green_tripdata_2024-01.parquet"


def error_of(workspace: Workspace, source: str) -> str:
    """The only error of a conversion that fails."""
    ended = workspace.luigi("Convert", "--source", source, "--month", "2024-01")
    assert ended.returncode == 30 and "Traceback" not in ended.stderr
    (line,) = [text for text in ended.stderr.splitlines() if " ERROR " in text]
    return line


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"timezone": "America/New_York", "utc_offset_seconds": -18000},
            "expected timezone GMT, found America/New_York",
        ),
        ({"hourly_units": {"time": "iso8601"}}, "expected temperature_2m in °C, found none"),
    ],
)
def test_weather_that_is_not_what_was_requested_is_refused_and_then_asked_for_again(
    workspace: Workspace, change: dict[str, Any], line: str
) -> None:
    ((url, _),) = sources()["weather"].urls_of(JANUARY).items()
    query = unquote(urlsplit(url).query)
    answer = archive_response(dict(parse_qsl(query)), date(2026, 1, 1)) | change
    workspace.upstream.faults = [Fault("v1/archive", body=json.dumps(answer).encode(), content_type="application/json")]
    assert line in error_of(workspace, "weather")
    workspace.upstream.faults = []
    assert workspace.luigi("Convert", "--source", "weather", "--month", "2024-01").returncode == 0


def change_green_trips(workspace: Workspace, select: str) -> None:
    """Replace the month's file by the result of ``select`` on the table ``trips``."""
    path = workspace.upstream.root / GREEN
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"create table trips as from '{path}'")
        con.execute(f"copy ({select}) to '{path}' (format parquet)")


def test_times_marked_as_utc_are_the_same_on_every_machine(workspace: Workspace) -> None:
    column = "lpep_pickup_datetime"
    times = f"select {column} from raw_data.green_taxi order by source_row"
    words = ("Load", "--source", "green_taxi", "--month", "2024-01")
    assert workspace.luigi(*words).returncode == 0
    published = workspace.query(times)
    change_green_trips(workspace, f"select * replace ({column}::timestamptz as {column}) from trips")
    for zone in ("UTC", "Europe/Berlin", "America/New_York"):
        elsewhere = Workspace(workspace.data.with_name(zone.replace("/", "_")), workspace.upstream)
        ended = elsewhere.luigi(*words, TZ=zone)
        assert ended.returncode == 0
        assert (
            f"{column} is published as TIMESTAMP WITH TIME ZONE, expected timestamp; "
            "its times are taken for those of New York's clock"
        ) in ended.stderr
        assert elsewhere.query(times) == published


def test_values_that_do_not_fit_never_stop_a_month_and_are_findings(
    workspace: Workspace, with_project_files: Callable[[Workspace], Workspace]
) -> None:
    change_green_trips(
        workspace,
        """
        select * replace (
            if(row_number() over () % 10 = 1, 'nan'::double, passenger_count) as passenger_count,
            if(row_number() over () = 2, 'far', trip_distance::varchar) as trip_distance,
            if(row_number() over () = 3, 1e300, tip_amount) as tip_amount,
            if(row_number() over () = 4, 'inf'::double, fare_amount) as fare_amount,
            if(row_number() over () = 5, timestamp '290000-01-01', lpep_dropoff_datetime) as lpep_dropoff_datetime,
            if(row_number() over () = 6, 1.5, "RatecodeID"::double) as "RatecodeID",
            if(row_number() over () = 7, 9999999999, payment_type::bigint) as payment_type,
            if(row_number() over () = 8, 0, "PULocationID") as "PULocationID"
        ) from trips
        """,
    )
    ended = with_project_files(workspace).run_month("2024-01", "--sources", "green_taxi", TZ="Asia/Kolkata")
    assert ended.returncode == 0, ended.stderr
    assert (workspace.data / "published/fct_trips/month=2024-01/fct_trips.parquet").exists()
    (line,) = workspace.query(
        "select rows_published, rows_unreadable, rows_fact + rows_rejected from audit.month_ledger "
        "where source = 'green_taxi'"
    )
    assert line[1] == 0 and line[0] == line[2], "no row is lost"
    counted = workspace.query(
        """
        select difference."column", difference.missing > 0, difference.invalid
        from raw_data.loads, unnest(type_differences) as differences (difference)
        where source = 'green_taxi' order by all
        """
    )
    assert counted == [
        ("RatecodeID", False, 1),
        ("fare_amount", False, 1),
        ("lpep_dropoff_datetime", False, 1),
        ("passenger_count", True, 0),
        ("payment_type", False, 1),
        ("tip_amount", False, 1),
        ("trip_distance", False, 1),
    ]
    told = workspace.query(
        "select severity, sentence from audit.findings where outcome = 'fail' and suite = 'month_ledger' order by all"
    )
    assert [severity for severity, _ in told] == ["warning", "warning"]
    assert "every value fits the declared type of its column: 7 rows violate it, such as green_taxi: 1 of" in told[1][1]
    assert workspace.query(
        "select count(*) from raw_data.green_taxi where isnan(passenger_count::double) or isinf(fare_amount)"
    ) == [(0,)]
    assert workspace.query("select count(*) from audit.rejected_trips where reason = 'unknown_zone_id'") == [(0,)]


@pytest.mark.long
def test_a_column_that_does_not_fit_rejects_the_month_in_one_line(
    workspace: Workspace, with_project_files: Callable[[Workspace], Workspace]
) -> None:
    change_green_trips(workspace, "select * replace ('$' || tip_amount as tip_amount) from trips")
    ended = with_project_files(workspace).run_month("2024-01", "--sources", "green_taxi")
    assert ended.returncode == 30 and "Traceback" not in ended.stderr
    (line,) = [text for text in ended.stderr.splitlines() if " is rejected: " in text]
    assert "FAILED at most 1% of the values of a column do not fit its declared type" in line
    assert "values of tip_amount do not fit double, such as '$" in line
    assert not (workspace.data / "published/fct_trips").exists()


HEADER = (
    b"ride_id,rideable_type,started_at,ended_at,start_station_name,start_station_id,end_station_name,end_station_id,"
    b"start_lat,start_lng,end_lat,end_lng,member_casual\n"
)
RIDE = b"R1,classic_bike,2024-01-02 08:00:00,2024-01-02 08:10:00,A,JC001,B,HB101,40.7,-74.0,40.8,-74.1,member\n"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (HEADER + RIDE * 3 + b"x" * (MAX_LINE + 1), "rides.csv: line 5 is longer than 1,048,576 bytes, expected rows"),
        ((HEADER + RIDE).decode().encode("utf-16"), "rides.csv: expected text as UTF-8, found a file that begins with"),
        (HEADER + RIDE * 99 + b'"' + RIDE * 99, "rows cannot be read"),
        (HEADER + RIDE.replace(b"A", b"Caf\xe9") * 9, "9 of 9 rows cannot be read"),
        (HEADER.replace(b"\n", b"\r") + RIDE * 3, "lines end in different ways, or a quote is not closed"),
        (b"", "rides.csv is empty"),
    ],
)
def test_a_csv_file_that_cannot_be_read_is_refused_in_one_line(content: bytes, line: str, tmp_path: Path) -> None:
    with pytest.raises(BadFile) as refused:
        convert_rides(content, tmp_path)
    assert line in str(refused.value) and len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    "content",
    [
        HEADER + RIDE * 2,
        b"\xef\xbb\xbf" + HEADER + RIDE * 2,
        (HEADER + RIDE * 2).replace(b"\n", b"\r\n"),
        (HEADER + RIDE * 2).replace(b"\n", b"\r"),
        HEADER.upper() + RIDE + b"\n\n" + RIDE,
        HEADER[:-1] + b",\n" + RIDE[:-1] + b",\n" + RIDE[:-1] + b",",
        HEADER + RIDE.replace(b",A,", b',"A\r\nB",') + RIDE.replace(b",A,", b",A\x00,"),
        HEADER + RIDE.replace(b"2024-01-02 08:00:00", b"1/2/2024 8:00") + RIDE,
    ],
)
def test_csv_in_any_dialect_is_read(content: bytes, tmp_path: Path) -> None:
    rows = convert_rides(content, tmp_path)
    assert [row["started_at"] for row in rows] == [datetime(2024, 1, 2, 8)] * 2
    assert [row["ride_id"] for row in rows] == ["R1"] * 2


def convert_rides(content: bytes, folder: Path) -> list[dict[str, Any]]:
    """The rows of a CSV file of rides; every one is read or counted as unreadable."""
    source, landed, out = sources()["citibike"], folder / "2024-01.zip", folder / "out.parquet"
    with zipfile.ZipFile(landed, "w") as archive:
        archive.writestr("rides.csv", content)
    converted = convert.to_parquet(source, JANUARY, landed, out, out, {"threads": "1", "memory_limit": "1GB"})
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(out).to_pylist()
    assert converted.rows == len(rows)
    return rows


PIECES = [
    RIDE,
    RIDE[:-1],
    b"\n",
    b"\r",
    b"\r\n",
    b'"',
    b'""',
    b",",
    b"\x00",
    b"\xff",
    b"NULL",
    b"9" * 400,
    b"nan",
    b" ",
]


@given(content=st.lists(st.sampled_from(PIECES) | st.binary(max_size=5), max_size=12).map(b"".join))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_csv_is_converted_or_refused(content: bytes, tmp_path: Path) -> None:
    try:
        convert_rides(HEADER + content, tmp_path)
    except BadFile as error:
        assert len(str(error).splitlines()) == 1


YAML = (CONFIG / "sources/green_taxi.yaml").read_text()


@given(
    at=st.integers(0, len(YAML)),
    size=st.integers(0, 12),
    text=st.text(max_size=8) | st.sampled_from(["{", "null", "[]"]),
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_declaration_of_a_source_is_valid_or_refused(at: int, size: int, text: str, tmp_path: Path) -> None:
    path = tmp_path / "green_taxi.yaml"
    path.write_text(YAML[:at] + text + YAML[at + size :], encoding="utf-8")
    try:
        source = read_source(path)
    except BadInput as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert source.urls_of(JANUARY) and source.read.format(file="a", columns="b") and source.version
