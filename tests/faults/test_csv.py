"""CSV of any bytes: every line is a row, an unreadable line that is stored, or the file is refused in one line."""

import io
import shutil
import zipfile
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import MobilityError
from pipeline.ingest import convert
from pipeline.sources import sources

SETTINGS = {"threads": "1", "memory_limit": "1GB"}
MODERN = (
    b"ride_id,rideable_type,started_at,ended_at,start_station_name,start_station_id,end_station_name,end_station_id,"
    b"start_lat,start_lng,end_lat,end_lng,member_casual",
    b'R1,classic_bike,2024-01-02 08:00:00,2024-01-02 08:10:00,"W 52 St, 11 Av",5379.10,Hoboken,HB407,40.7,-74,40.8,-7,',
)
LEGACY = (
    b'"tripduration","starttime","stoptime","start station id","start station name","start station latitude",'
    b'"start station longitude","end station id","end station name","end station latitude","end station longitude",'
    b'"bikeid","usertype","birth year","gender"',
    b'"600","1/2/2015 8:00","1/2/2015 8:10","72","W 52 St","40.7","-74.0","79","Franklin St","40.7","-7","1","","","1"',
)
ZONES = (b'"LocationID","Borough","Zone","service_zone"', b'1,"EWR","Newark Airport","EWR"')
FILES = {
    "citibike_jc": (date(2024, 1, 1), "2024-01.csv.zip", MODERN),
    "citibike": (date(2015, 1, 1), "2015-01.zip", LEGACY),
    "taxi_zones": (date(2011, 1, 1), "static.csv", ZONES),
}
MARKS = [b'"', b'""', b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\0", b"\\N", b"NULL", b"nan", b"-", b"1e400"]
TEXTS = ["\ufeff", "é²漢\u202e", "9" * 40, "2024-02-30 25:61:00", "<html>", "=1+1", "'; drop table x; --"]
SNIPPETS = st.binary(max_size=4) | st.sampled_from([*MARKS, *(text.encode() for text in TEXTS)])


@st.composite
def changed(draw: st.DrawFn, lines: tuple[bytes, bytes]) -> bytes:
    """A file of up to 30 rows, with other bytes at a few places, or without its end."""
    header, row = lines
    end = draw(st.sampled_from([b"\n", b"\r\n", b"\r"]))
    content = bytearray(end.join([header, *[row] * draw(st.integers(0, 30))]) + draw(st.sampled_from([b"", end])))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 8))] = draw(SNIPPETS)
    return bytes(content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content)


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_csv_gives_a_row_or_an_unreadable_line_for_each_of_its_lines_or_is_refused(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    month, file, lines = FILES[name]
    content = data.draw(changed(lines) | st.binary(max_size=100))
    landed, parquet, folder = tmp_path / file, tmp_path / "out.parquet", tmp_path / "out.work"
    landed.write_bytes(zip_of(content) if file.endswith(".zip") else content)
    try:
        converted = convert.to_parquet(sources()[name], month, landed, parquet, parquet, SETTINGS)
    except MobilityError as error:
        assert str(error).isprintable() and len(str(error)) < 3000
    else:
        rows = duckdb.execute("select count(*) from read_parquet($1)", [str(parquet)]).fetchall()[0][0]
        assert rows == converted.rows
        if b'"' not in content.replace(lines[0], b"").replace(lines[1], b""):
            assert converted.rows_published == sum(1 for line in content.splitlines() if line) - 1
    finally:
        assert not folder.exists()
        shutil.rmtree(tmp_path / "out.unreadable.csv", ignore_errors=True)


def zip_of(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("rides.csv", content)
    return packed.getvalue()
