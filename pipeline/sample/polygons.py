"""The cells of the zones as ``misc/taxi_zones.zip``, in the publisher's format: a shapefile in feet (EPSG:2263)."""

import math
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from pipeline.sample import archives
from pipeline.sample.zones import Cell, Zone, zones

NEW_YORK_FEET, WGS_84 = 2263, 4326
"""EPSG codes."""
WITH_HOLE, IN_TWO_PARTS = 161, 237
"""Two busy zones of Manhattan whose polygons have a hole or two parts, as some published ones have."""
HOLE = (0.45, 0.7, 0.6, 0.85)
PARTS = ((0.0, 0.0, 0.58, 1.0), (0.62, 0.0, 1.0, 1.0))
"""West, south, east and north as shares of the cell. No station is in the hole or between the parts."""
FIELDS = (
    ("OBJECTID", "N", 9, 0),
    ("Shape_Leng", "F", 19, 11),
    ("Shape_Area", "F", 19, 11),
    ("zone", "C", 254, 0),
    ("LocationID", "N", 4, 0),
    ("borough", "C", 254, 0),
)
DBF_DATE = bytes((122, 12, 6))
"""The date in the header of the .dbf, 2022-12-06. The library would write the current date."""
Ring = list[tuple[float, float]]


def write_archive(path: Path) -> None:
    """Write ``taxi_zones.zip``: the shapefile in a folder, with the metadata files of macOS."""
    with archives.open_archive(path) as archive:
        for suffix, content in shapefile_of(zones()).items():
            archives.add_member(archive, f"taxi_zones/taxi_zones.{suffix}", iter([content]))


def shapefile_of(zones: Sequence[Zone]) -> dict[str, bytes]:
    """The files of the shapefile by suffix, with one shape per zone; zones without a cell have none."""
    import pyproj
    import shapefile  # type: ignore[import-untyped]

    to_feet = pyproj.Transformer.from_crs(WGS_84, NEW_YORK_FEET, always_xy=True)
    files = {suffix: BytesIO() for suffix in ("shp", "shx", "dbf")}
    with shapefile.Writer(**files, shapeType=shapefile.POLYGON) as writer:
        for field in FIELDS:
            writer.field(*field)
        for zone in zones:
            if zone.cell:
                rings = list(rings_of(zone.id, zone.cell))
                writer.poly([[to_feet.transform(*point) for point in ring] for ring in rings])
                writer.record(zone.id, length_of(rings), area_of(rings), zone.name, zone.id, zone.borough)
    contents = {suffix: file.getvalue() for suffix, file in files.items()}
    contents["dbf"] = contents["dbf"][:1] + DBF_DATE + contents["dbf"][4:]
    return contents | {"prj": pyproj.CRS(NEW_YORK_FEET).to_wkt("WKT1_ESRI").encode()}


def rings_of(id: int, cell: Cell) -> Iterator[Ring]:
    """The rings of a zone in degrees: clockwise for outer rings, counterclockwise for holes."""
    for part in PARTS if id == IN_TWO_PARTS else ((0.0, 0.0, 1.0, 1.0),):
        yield ring_of(cell, part)
    if id == WITH_HOLE:
        yield ring_of(cell, HOLE)[::-1]


def ring_of(cell: Cell, shares: tuple[float, float, float, float]) -> Ring:
    """The ring around a part of the cell, clockwise from the south-west corner."""
    (left, low, right, high), (from_x, from_y, to_x, to_y) = cell, shares
    west, east = (left + (right - left) * share for share in (from_x, to_x))
    south, north = (low + (high - low) * share for share in (from_y, to_y))
    return [(west, south), (west, north), (east, north), (east, south), (west, south)]


def length_of(rings: Sequence[Ring]) -> float:
    return sum(math.dist(start, end) for ring in rings for start, end in pairwise(ring))


def area_of(rings: Sequence[Ring]) -> float:
    """The area by the shoelace formula; holes are negative because of their direction."""
    return sum(x2 * y1 - x1 * y2 for ring in rings for (x1, y1), (x2, y2) in pairwise(ring)) / 2
