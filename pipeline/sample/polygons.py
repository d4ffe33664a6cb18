"""The zones' cells -> ``misc/taxi_zones.zip`` in the publisher's form: a shapefile in feet (EPSG:2263)."""

import math
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from pipeline.sample import archives
from pipeline.sample.zones import Zone, zones

FEET, DEGREES = 2263, 4326
WITH_HOLE, IN_TWO_PARTS = 161, 237
"""Busy zones of Manhattan, as published ones are: with something cut out, and on both sides of the water."""
HOLE = (0.45, 0.7, 0.6, 0.85)
PARTS = ((0.0, 0.0, 0.58, 1.0), (0.62, 0.0, 1.0, 1.0))
"""West, south, east and north as shares of the cell; no station stands in the hole or between the parts."""
FIELDS = (
    ("OBJECTID", "N", 9, 0),
    ("Shape_Leng", "F", 19, 11),
    ("Shape_Area", "F", 19, 11),
    ("zone", "C", 254, 0),
    ("LocationID", "N", 4, 0),
    ("borough", "C", 254, 0),
)
MADE = bytes((122, 12, 6))
"""The day that the .dbf was made, 2022-12-06, so that it does not depend on today."""
Ring = list[tuple[float, float]]


def write(path: Path) -> None:
    """``taxi_zones.zip``: the shapefile in a folder, and what macOS leaves beside it."""
    with archives.created(path) as archive:
        for suffix, content in shapefile_of(zones()).items():
            archives.add(archive, f"taxi_zones/taxi_zones.{suffix}", iter([content]))


def shapefile_of(zones: Sequence[Zone]) -> dict[str, bytes]:
    """The shapefile's files by suffix: one shape a zone, without those that are no place."""
    import pyproj
    import shapefile  # type: ignore[import-untyped]

    to_feet = pyproj.Transformer.from_crs(DEGREES, FEET, always_xy=True)
    files = {suffix: BytesIO() for suffix in ("shp", "shx", "dbf")}
    with shapefile.Writer(**files, shapeType=shapefile.POLYGON) as writer:
        for field in FIELDS:
            writer.field(*field)
        for zone in zones:
            if zone.cell:
                rings = list(rings_of(zone.id, zone.cell))
                writer.poly([[to_feet.transform(*point) for point in ring] for ring in rings])
                writer.record(zone.id, length_of(rings), area_of(rings), zone.name, zone.id, zone.borough)
    made = {suffix: file.getvalue() for suffix, file in files.items()}
    made["dbf"] = made["dbf"][:1] + MADE + made["dbf"][4:]
    return made | {"prj": pyproj.CRS(FEET).to_wkt("WKT1_ESRI").encode()}


def rings_of(id: int, cell: tuple[float, float, float, float]) -> Iterator[Ring]:
    """The zone's rings in degrees: what they enclose lies to the right of outer ones, and to the left of holes."""
    for part in PARTS if id == IN_TWO_PARTS else ((0.0, 0.0, 1.0, 1.0),):
        yield ring_of(cell, part)
    if id == WITH_HOLE:
        yield ring_of(cell, HOLE)[::-1]


def ring_of(cell: tuple[float, float, float, float], shares: tuple[float, float, float, float]) -> Ring:
    """A part of the cell, clockwise from its south west."""
    (left, low, right, high), (from_x, from_y, to_x, to_y) = cell, shares
    west, east = (left + (right - left) * share for share in (from_x, to_x))
    south, north = (low + (high - low) * share for share in (from_y, to_y))
    return [(west, south), (west, north), (east, north), (east, south), (west, south)]


def length_of(rings: Sequence[Ring]) -> float:
    return sum(math.dist(here, there) for ring in rings for here, there in pairwise(ring))


def area_of(rings: Sequence[Ring]) -> float:
    """By the shoelace formula; holes, which turn the other way, count against it."""
    return sum(x2 * y1 - x1 * y2 for ring in rings for (x1, y1), (x2, y2) in pairwise(ring)) / 2
