"""Conversion of generated shapefiles, valid and damaged."""

import dataclasses
import struct
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import BadFile, SchemaChanged
from pipeline.ingest import shapes
from pipeline.results import Converted
from pipeline.sample import polygons
from pipeline.sample.zones import zones
from pipeline.sources import Source, sources
from tests.unit.ingest.test_convert import run, zipped

FILES = polygons.shapefile_of(zones()[:3])
ORIGIN = (-74.0, 40.0 + 10 / 60)
"""Of EPSG:2263, by its definition: 984,250 ft east and 0 ft north."""
GEOGRAPHIC = (
    b'GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],'
    b'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)
FIRST_POINT, LAST_POINT = 100 + 8 + 44 + 4, 100 + 8 + 44 + 4 + 4 * 16
"""Byte offsets in a .shp whose first shape is a ring of five points."""


@pytest.fixture
def source() -> Source:
    return sources()["taxi_zone_polygons"]


def write_archive(folder: Path) -> Path:
    polygons.write_archive(folder / "static.zip")
    return folder / "static.zip"


def members(files: dict[str, bytes], name: str = "taxi_zones/taxi_zones") -> dict[str, str | bytes]:
    return {f"{name}.{suffix}": content for suffix, content in files.items()}


def converted(source: Source, folder: Path, files: dict[str, str | bytes]) -> tuple[Converted, list[dict[str, Any]]]:
    return run(source, date(2011, 1, 1), zipped(folder / "static.zip", files), folder)


def patched(suffix: str, offset: int, content: bytes) -> dict[str, bytes]:
    old = FILES[suffix]
    return FILES | {suffix: old[:offset] + content + old[offset + len(content) :]}


def without_field(name: str) -> dict[str, bytes]:
    return FILES | {"dbf": FILES["dbf"].replace(name.encode(), b"Other".ljust(len(name), b"\0"))}


def test_every_shape_is_a_row_in_the_order_of_the_file(source: Source, tmp_path: Path) -> None:
    converted_file, rows = run(source, date(2011, 1, 1), write_archive(tmp_path), tmp_path)
    placed = [zone for zone in zones() if zone.cell]
    assert converted_file == Converted(263, 0)
    assert list(rows[0]) == [*(column.name for column in source.columns), "misfits"]
    assert [(row["OBJECTID"], row["zone"], row["LocationID"], row["borough"]) for row in rows] == [
        (zone.id, zone.name, zone.id, zone.borough) for zone in placed
    ]


def test_rings_are_in_degrees_outer_ones_and_holes_alike(source: Source, tmp_path: Path) -> None:
    _, rows = run(source, date(2011, 1, 1), write_archive(tmp_path), tmp_path)
    for row, zone in zip(rows, (zone for zone in zones() if zone.cell), strict=True):
        assert zone.cell
        expected = list(polygons.rings_of(zone.id, zone.cell))
        assert len(row["geometry"]) == len(expected) == (2 if zone.id in (161, 237) else 1)
        for ring, degrees in zip(row["geometry"], expected, strict=True):
            assert ring == [pytest.approx(point, abs=1e-9) for point in degrees]


def test_feet_are_relative_to_the_origin_of_the_projection(source: Source, tmp_path: Path) -> None:
    origin = struct.pack("<2d", 984_250.0, 0.0)
    moved = patched("shp", FIRST_POINT, origin)["shp"]
    files = FILES | {"shp": moved[:LAST_POINT] + origin + moved[LAST_POINT + len(origin) :]}
    _, rows = converted(source, tmp_path, members(files))
    assert rows[0]["geometry"][0][0] == pytest.approx(ORIGIN, abs=1e-7)


def test_other_files_of_the_archive_are_ignored(source: Source, tmp_path: Path) -> None:
    more: dict[str, str | bytes] = {
        "__MACOSX/taxi_zones/._taxi_zones.shp": "junk",
        "taxi_zones/taxi_zones.shp.xml": "<x/>",
        "taxi_zones/": "",
    }
    converted_file, _ = converted(source, tmp_path, more | members(FILES))
    assert converted_file == Converted(3, 0)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "static.zip contains no .shp, .shx, .dbf, .prj, only nothing"),
        (members({k: v for k, v in FILES.items() if k != "prj"}), "static.zip contains no .prj, only taxi"),
        (members({k: v for k, v in FILES.items() if k != "dbf"}), "static.zip contains no .dbf, only taxi"),
        (members(FILES) | members(FILES, "older"), "static.zip contains several shapefiles, expected one: taxi"),
        (members(FILES, "../../taxi_zones"), "a path outside of its folder; the archive is not"),
        (members(FILES | {"prj": b"feet"}), "expected the .prj to describe a projection (WKT), found b'feet'"),
        (members(FILES | {"prj": b"\xff" * 99}), "taxi_zones.shp cannot be placed: expected the .prj"),
        (members(FILES | {"prj": GEOGRAPHIC}), "taxi_zones.shp: shape 1 of 3 has a point at ("),
        (members(FILES | {"shp": FILES["shp"][:-40]}), "taxi_zones.shp cannot be read: its .shp, .shx or .dbf is da"),
        (members(FILES | {"shx": FILES["shx"][:-8]}), "taxi_zones.shp has 2 shapes and 3 records, expected one record"),
        (members(FILES | {"dbf": b""}), "its .shp, .shx or .dbf is damaged or incomplete, or"),
        (members(FILES | {"dbf": polygons.shapefile_of(zones()[:2])["dbf"]}), "has 3 shapes and 2 records"),
        (members(polygons.shapefile_of([])), "taxi_zones.shp has 0 shapes and 0 records"),
        (members(patched("shp", 108, struct.pack("<i", 3))), "zones.shp: shape 1 of 3 is a POLYLINE, not a polygon"),
        (members(patched("shp", LAST_POINT, struct.pack("<d", 9e5))), "has no ring, or one that is not closed"),
    ],
)  # fmt: skip
def test_a_shapefile_that_cannot_be_used_is_refused_in_one_line(
    source: Source, tmp_path: Path, files: dict[str, str | bytes], message: str
) -> None:
    with pytest.raises(BadFile) as refused:
        converted(source, tmp_path, files)
    assert str(refused.value).startswith("static taxi_zone_polygons: ") and message in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert not (tmp_path / "out.parquet").exists() and not (tmp_path / "out.work").exists()


def test_a_missing_field_is_reported_with_the_fields_of_the_file(source: Source, tmp_path: Path) -> None:
    message = (
        "static taxi_zone_polygons: taxi_zones.shp.json lacks LocationID; "
        "it has OBJECTID, Shape_Leng, Shape_Area, zone, Other, borough, geometry; if a column was renamed, "
        "add the new name to config"
    )
    with pytest.raises(SchemaChanged, match=message):
        converted(source, tmp_path, members(without_field("LocationID")))


def test_a_shapefile_that_unpacks_to_more_than_its_limit_is_refused(source: Source, tmp_path: Path) -> None:
    small = dataclasses.replace(source, max_unpacked_bytes=1000)
    with pytest.raises(BadFile, match=r"static.zip unpacks to more than 1,000 bytes"):
        converted(small, tmp_path, members(FILES))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_damaged_bytes_are_an_error_or_leave_every_shape(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    offset = data.draw(st.integers(0, len(FILES[suffix]) - 1))
    files = patched(suffix, offset, data.draw(st.binary(min_size=1, max_size=4)))
    parts = {f".{name}": folder / f"taxi_zones.{name}" for name in files}
    for name, content in files.items():
        parts[f".{name}"].write_bytes(content)
    try:
        path = shapes.to_json(parts, folder)
    except BadFile as error:
        assert str(error).startswith("taxi_zones.shp")
    else:
        assert len(path.read_text().splitlines()) == 3
