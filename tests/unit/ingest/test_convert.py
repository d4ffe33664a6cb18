"""Conversion of generated files: Parquet with changing types, zips of CSV files of every era, damaged files."""

import json
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.errors import BadFile, MobilityError, SchemaChanged
from pipeline.ingest import convert
from pipeline.results import Converted
from pipeline.sample.weather import archive_response
from pipeline.sources import Source, sources

MODERN = (
    "ride_id,rideable_type,started_at,ended_at,start_station_name,start_station_id,end_station_name,end_station_id,"
    "start_lat,start_lng,end_lat,end_lng,member_casual"
)
LEGACY = (
    "tripduration,starttime,stoptime,start station id,start station name,start station latitude,"
    "start station longitude,end station id,end station name,end station latitude,end station longitude,"
    "bikeid,usertype,birth year,gender"
)
TITLE = (
    "Trip Duration,Start Time,Stop Time,Start Station ID,Start Station Name,Start Station Latitude,"
    "Start Station Longitude,End Station ID,End Station Name,End Station Latitude,End Station Longitude,"
    "Bike ID,User Type,Birth Year,Gender"
)


def ride(number: int, began: str = "2024-01-02 08:00:00", ended: str = "2024-01-02 08:10:00") -> str:
    return f'R{number},classic_bike,{began},{ended},"W 52 St, 11 Av",5379.10,Hoboken,HB407,40.7,-74.0,40.8,-74.1,member'


def old_ride(began: str, ended: str, birth_year: str) -> str:
    stations = '"72","W 52 St","40.7","-74.0","79","Franklin St","40.7","-74.0"'
    return f'"600","{began}","{ended}",{stations},"1","Subscriber","{birth_year}","1"'


def csv(header: str, *rows: str) -> str:
    return "\n".join([header, *rows]) + "\n"


def zipped(path: Path, members: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def run(source: Source, month: date, landed: Path, folder: Path) -> tuple[Converted, list[dict[str, Any]]]:
    settings = {"threads": "2", "memory_limit": "1GB"}
    parquet = folder / "out.parquet"
    converted = convert.to_parquet(source, month, landed, parquet, parquet, settings)
    assert not (folder / "out.work").exists()
    found = duckdb.execute("from read_parquet(?)", [str(parquet)])
    names = [column[0] for column in found.description or []]
    return converted, [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture
def citibike() -> Source:
    return sources()["citibike"]


def test_every_csv_of_an_archive_is_read_in_numeric_order(citibike: Source, tmp_path: Path) -> None:
    members = {f"202401-citibike-tripdata_{n}.csv": csv(MODERN, ride(2 * n), ride(2 * n + 1)) for n in (10, 2, 1)}
    junk = {"__MACOSX/._202401-citibike-tripdata_1.csv": "\0junk", ".DS_Store": "", "readme.txt": "hello"}
    landed = zipped(tmp_path / "2024-01.zip", members | junk)
    converted, rows = run(citibike, date(2024, 1, 1), landed, tmp_path)
    assert converted == Converted(6, 0)
    assert [row["ride_id"] for row in rows] == ["R2", "R3", "R4", "R5", "R20", "R21"]
    assert rows[0]["start_station_name"] == "W 52 St, 11 Av"
    assert rows[0]["start_station_id"] == "5379.10"


def test_a_year_archive_gives_each_month_its_own_rows_only(citibike: Source, tmp_path: Path) -> None:
    inner = {
        f"2023-citibike-tripdata/2023{month:02}-citibike-tripdata.zip": zipped(
            tmp_path / "inner.zip", {f"2023{month:02}-citibike-tripdata_1.csv": csv(MODERN, *map(ride, range(month)))}
        ).read_bytes()
        for month in range(1, 13)
    }
    landed = zipped(tmp_path / "2023.zip", inner)
    for month in (1, 2, 12):
        assert run(citibike, date(2023, month, 1), landed, tmp_path)[0] == Converted(month, 0)


def test_a_month_that_an_archive_holds_in_three_copies_is_read_once(citibike: Source, tmp_path: Path) -> None:
    first, second = csv(LEGACY, old_ride("2018-01-01 00:00:05.1230", "2018-01-01 00:10:05", "1980")), csv(LEGACY)
    folder = "2018-citibike-tripdata"
    members = {
        f"{folder}/201801-citibike-tripdata.csv": first,
        f"{folder}/201801-citibike-tripdata_1.csv": first,
        f"{folder}/1_January/201801-citibike-tripdata_1.csv": first,
        f"{folder}/1_January/201801-citibike-tripdata_2.csv": second,
    }
    converted, rows = run(citibike, date(2018, 1, 1), zipped(tmp_path / "2018.zip", members), tmp_path)
    assert converted == Converted(1, 0)
    assert rows[0]["started_at"] == datetime(2018, 1, 1, 0, 0, 5, 123000)


@pytest.mark.parametrize("header", [LEGACY, TITLE])
@pytest.mark.parametrize(("birth_year", "year"), [("1980", 1980), ("", None), ("NULL", None), ("\\N", None)])
def test_legacy_columns_get_their_modern_names(
    citibike: Source, tmp_path: Path, header: str, birth_year: str, year: int | None
) -> None:
    text = csv(header, old_ride("2016-10-01 00:00:05", "2016-10-01 00:10:05", birth_year))
    converted, rows = run(citibike, date(2016, 10, 1), zipped(tmp_path / "2016-10.zip", {"x.csv": text}), tmp_path)
    assert converted == Converted(1, 0)
    assert rows[0] == rows[0] | {
        "ride_id": None, "started_at": datetime(2016, 10, 1, 0, 0, 5), "start_station_id": "72", "bikeid": 1,
        "member_casual": "Subscriber", "tripduration": 600, "birth year": year, "gender": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("9/1/2014 00:00:25", datetime(2014, 9, 1, 0, 0, 25)),
        ("1/13/2015 0:01", datetime(2015, 1, 13, 0, 1)),
        ("2024-09-01 18:31:52.133", datetime(2024, 9, 1, 18, 31, 52, 133000)),
    ],
)
def test_every_published_time_format_is_read(citibike: Source, tmp_path: Path, value: str, expected: datetime) -> None:
    text = csv(LEGACY, old_ride(value, value, ""))
    _, rows = run(citibike, date(2014, 9, 1), zipped(tmp_path / "2014-09.zip", {"x.csv": text}), tmp_path)
    assert rows[0]["started_at"] == expected


def test_a_line_that_cannot_be_read_is_counted_and_stored_as_text(citibike: Source, tmp_path: Path) -> None:
    rides = [ride(n) for n in range(3000)]
    rides[1500] = "R1500,classic_bike,yesterday"
    rides[2000] = ride(2000) + ",too,many"
    converted, rows = run(
        citibike, date(2024, 1, 1), zipped(tmp_path / "a.zip", {"x.csv": csv(MODERN, *rides)}), tmp_path
    )
    assert converted == Converted(3000, 2)
    assert len(rows) == 2998
    stored = duckdb.execute(
        "select file, line, text from read_csv(?)", [str(tmp_path / "out.unreadable.csv")]
    ).fetchall()
    assert stored == [("x.csv", 1502, rides[1500]), ("x.csv", 2002, rides[2000])]


def test_more_unreadable_lines_than_one_in_a_thousand_fail_the_month(citibike: Source, tmp_path: Path) -> None:
    rides = [*(ride(n) for n in range(998)), "bad", "worse"]
    with pytest.raises(
        BadFile, match=r"2024-01 citibike: a.zip: 2 of 1,000 rows cannot be read, expected at most 0.1%"
    ):
        run(citibike, date(2024, 1, 1), zipped(tmp_path / "a.zip", {"x.csv": csv(MODERN, *rides)}), tmp_path)


def test_a_missing_column_is_reported_with_the_columns_of_the_file(citibike: Source, tmp_path: Path) -> None:
    text = csv(MODERN.replace("started_at,", "begin,"), ride(1))
    with pytest.raises(SchemaChanged, match=r"2024-01 citibike: x.csv lacks started_at; it has ride_id,.*begin,.*yaml"):
        run(citibike, date(2024, 1, 1), zipped(tmp_path / "a.zip", {"x.csv": text}), tmp_path)


def test_a_new_column_is_ignored_with_a_warning(
    citibike: Source, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = csv("," + MODERN + ",mood", "0," + ride(1) + ",good")
    converted, rows = run(citibike, date(2024, 1, 1), zipped(tmp_path / "a.zip", {"x.csv": text}), tmp_path)
    assert (converted.rows, "mood" in rows[0], rows[0]["ride_id"]) == (1, False, "R1")
    assert "columns that are not declared" in caplog.text and "mood" in caplog.text


def test_a_month_may_have_no_rows_but_a_static_file_has_some(citibike: Source, tmp_path: Path) -> None:
    landed = zipped(tmp_path / "2024-01.zip", {"rides.csv": csv(MODERN)})
    assert run(citibike, date(2024, 1, 1), landed, tmp_path)[0].rows_published == 0
    landed = tmp_path / "static.csv"
    landed.write_text("LocationID,Borough,Zone,service_zone\n")
    with pytest.raises(BadFile, match=r"static taxi_zones: static\.csv has no rows, expected at least one"):
        run(sources()["taxi_zones"], date(2011, 1, 1), landed, tmp_path)


def test_a_damaged_archive_is_refused(citibike: Source, tmp_path: Path) -> None:
    landed = zipped(tmp_path / "a.zip", {"x.csv": csv(MODERN, *(ride(n) for n in range(1000)))})
    data = bytearray(landed.read_bytes())
    data[len(data) // 3] ^= 0xFF
    landed.write_bytes(data)
    with pytest.raises(BadFile, match=r"2024-01 citibike: a.zip cannot be unpacked"):
        run(citibike, date(2024, 1, 1), landed, tmp_path)


GREEN = {
    "vendorid": "2::bigint",
    "LPEP_pickup_datetime": "timestamp '2024-01-01'",
    "lpep_dropoff_datetime": "timestamp '2024-01-01'",
    "store_and_fwd_flag": "'N'",
    "RatecodeID": "1.0::double",
    "passenger_count": "3.0::double",
    "payment_type": "1.0::double",
    "ehail_fee": "null",
    "congestion_surcharge": "null::integer",
} | dict.fromkeys(
    ["PULocationID", "DOLocationID", "trip_distance", "fare_amount", "extra", "mta_tax", "tip_amount", "tolls_amount",
     "improvement_surcharge", "total_amount", "trip_type"], "1"
)  # fmt: skip


def parquet(path: Path, columns: Mapping[str, str]) -> Path:
    fields = ", ".join(f'{value} as "{name}"' for name, value in columns.items())
    duckdb.execute(f"copy (select {fields} from range(5)) to '{path}' (format parquet)")
    return path


def test_case_and_types_of_parquet_columns_may_change(tmp_path: Path) -> None:
    converted, rows = run(sources()["green_taxi"], date(2024, 1, 1), parquet(tmp_path / "a.parquet", GREEN), tmp_path)
    assert converted == Converted(5, 0)
    assert list(rows[0]) == [*(column.name for column in sources()["green_taxi"].columns), "misfits"]
    expected = {"VendorID": 2, "passenger_count": 3, "payment_type": 1, "ehail_fee": None, "cbd_congestion_fee": None}
    assert rows[0] == rows[0] | expected


def test_a_column_is_required_from_its_first_month_on(tmp_path: Path) -> None:
    landed = parquet(tmp_path / "a.parquet", GREEN)
    run(sources()["green_taxi"], date(2024, 12, 1), landed, tmp_path)
    with pytest.raises(SchemaChanged, match=r"2025-01 green_taxi: a.parquet lacks cbd_congestion_fee; it has vendorid"):
        run(sources()["green_taxi"], date(2025, 1, 1), landed, tmp_path)


def test_a_damaged_parquet_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    content = parquet(tmp_path / "a.parquet", GREEN).read_bytes()
    (tmp_path / "a.parquet").write_bytes(content[:-8] + (2**31).to_bytes(4, "little") + content[-4:])
    with pytest.raises(BadFile) as refused:
        run(sources()["green_taxi"], date(2024, 1, 1), tmp_path / "a.parquet", tmp_path)
    assert str(refused.value) == (
        "2024-01 green_taxi: a.parquet cannot be read: it is damaged, or written as DuckDB does not read it "
        '(DuckDB: "Footer length error")'
    )


def test_a_file_that_is_no_text_is_named_with_its_month_and_source(citibike: Source, tmp_path: Path) -> None:
    landed = zipped(tmp_path / "a.zip", {"x.csv": "\0" * 100})
    with pytest.raises(BadFile, match=r"^2024-01 citibike: x\.csv: expected text as UTF-8, found"):
        run(citibike, date(2024, 1, 1), landed, tmp_path)


@pytest.mark.parametrize("damage", ['R2000,"never closed,', '"'])
def test_an_unclosed_quote_fails_the_month(citibike: Source, tmp_path: Path, damage: str) -> None:
    rides = [ride(n).replace('"W 52 St, 11 Av"', "W 52 St") for n in range(5000)]
    rides[2000] = damage + rides[2000]
    with pytest.raises(BadFile, match=r"2024-01 citibike: a.zip: .* of 5,000 rows cannot be read"):
        run(citibike, date(2024, 1, 1), zipped(tmp_path / "a.zip", {"x.csv": csv(MODERN, *rides)}), tmp_path)


def test_mixed_line_ends_lose_no_rows_silently(citibike: Source, tmp_path: Path) -> None:
    rides = [ride(n) for n in range(4000)]
    text = "\r\n".join([MODERN, *rides[:1000]]) + "\r\n" + "\n".join(rides[1000:]) + "\n"
    landed = zipped(tmp_path / "a.zip", {"x.csv": text})
    try:
        converted, rows = run(citibike, date(2024, 1, 1), landed, tmp_path)
    except BadFile as error:
        assert "a.zip" in str(error) and "cannot be read" in str(error)
    else:
        assert (converted, len(rows)) == (Converted(4000, 0), 4000)


def test_a_line_break_within_quotes_is_part_of_its_row(citibike: Source, tmp_path: Path) -> None:
    rides = [ride(n) for n in range(100)]
    rides[50] = rides[50].replace("W 52 St", "W 52\nSt")
    text = csv(MODERN, *rides) + "\n\n"
    converted, rows = run(citibike, date(2024, 1, 1), zipped(tmp_path / "a.zip", {"x.csv": text}), tmp_path)
    assert converted == Converted(100, 0)
    assert rows[50]["start_station_name"] == "W 52\nSt, 11 Av"


def test_lines_that_are_neither_read_nor_rejected_fail_the_month(citibike: Source, tmp_path: Path) -> None:
    rides = [f"{ride(n)},fine" for n in range(2000)]
    rides[7] = f'{ride(7)},"two\nlines"'  # in a column that is left out
    with pytest.raises(BadFile, match=r"a.zip: 1 of 2,001 lines are neither read nor rejected"):
        run(citibike, date(2024, 1, 1), zipped(tmp_path / "a.zip", {"x.csv": csv(f"{MODERN},mood", *rides)}), tmp_path)


def test_an_answer_that_was_landed_before_it_was_checked_is_refused(tmp_path: Path) -> None:
    answer = archive_response(
        {"latitude": "40.7", "longitude": "-74", "start_date": "2024-01-01", "end_date": "2024-01-31"}, date(2026, 1, 1)
    )
    (tmp_path / "a.json").write_text(json.dumps(answer | {"timezone": "America/New_York"}))
    with pytest.raises(BadFile, match=r"2024-01 weather: a.json: expected timezone GMT, found America/New_York; "):
        run(sources()["weather"], date(2024, 1, 1), tmp_path / "a.json", tmp_path)


def test_too_little_memory_is_no_fault_of_the_file() -> None:
    with (
        pytest.raises(MobilityError, match=r"a\.zip: Out of Memory.*; raise convert_memory_gb of") as failed,
        convert.convert_errors("2024-01 citibike: a.zip"),
        duckdb.connect() as con,
    ):
        con.execute("set memory_limit = '10MB'")
        con.execute("set max_temp_directory_size = '0KB'")
        con.execute("create table a as select range, md5(range::varchar) from range(10_000_000) order by 2")
    assert not isinstance(failed.value, BadFile)
