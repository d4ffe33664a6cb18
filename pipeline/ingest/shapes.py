"""Shapefile -> lines of JSON that DuckDB can read: one a shape, in the file's order, its points in degrees (WGS 84)."""

import json
import struct
import warnings
from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipeline.errors import BadFile

WGS_84 = 4326
Ring = list[tuple[float, float]]


def to_json(parts: Mapping[str, Path], folder: Path) -> Path:
    """Writes the shapes of the files (by suffix: .shp, .shx, .dbf, .prj) into a folder, and returns where they are.

    A shape has the fields of its record, and as ``geometry`` its rings of points [longitude, latitude]: the outer ones
    and the holes alike, so that a point lies within the shape if an odd number of rings go round it.
    Raises BadFile where the files are damaged, do not belong together, or hold anything else than polygons.
    """
    import pyproj.exceptions
    import shapefile  # type: ignore[import-untyped]

    damaged = (ValueError, LookupError, ArithmeticError, struct.error)  # what pyshp stumbles over, besides its own
    path = folder / f"{parts['.shp'].name}.json"
    try:
        lines = [json.dumps(shape) for shape in shapes_of(parts)]
    except (*damaged, shapefile.ShapefileException, pyproj.exceptions.ProjError) as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise BadFile(f"{parts['.shp'].name} cannot be read ({reason}); forget it to have it fetched again") from error
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def shapes_of(parts: Mapping[str, Path]) -> Iterator[dict[str, Any]]:
    """Every shape with its record; the files are read from memory, where no damaged length can ask for more of it."""
    import shapefile

    name = parts[".shp"].name
    files = {suffix: BytesIO(parts[f".{suffix}"].read_bytes()) for suffix in ("shp", "shx", "dbf")}
    with warnings.catch_warnings(action="ignore"), shapefile.Reader(**files) as reader:  # of lengths: shapes count
        shapes, records = reader.shapes(), reader.records()
    if not shapes or len(shapes) != len(records):
        raise BadFile(f"{name} holds {len(shapes)} shapes, its .dbf {len(records)} records; one a shape was expected")
    to_degrees = degrees_from(parts[".prj"].read_text(encoding="utf-8"))
    for number, (shape, record) in enumerate(zip(shapes, records, strict=True), 1):
        what = f"{name}: shape {number} of {len(shapes)}"
        if not shape.shapeTypeName.startswith("POLYGON"):
            raise BadFile(f"{what} is a {shape.shapeTypeName}, not a polygon")
        yield record.as_dict(date_strings=True) | {"geometry": rings_of(shape, to_degrees, what)}


def degrees_from(projection: str) -> Any:
    """What turns the file's coordinates, described by its .prj (WKT), into longitude and latitude."""
    import pyproj

    return pyproj.Transformer.from_crs(pyproj.CRS.from_wkt(projection), WGS_84, always_xy=True)


def rings_of(shape: Any, to_degrees: Any, what: str) -> list[Ring]:
    """The shape's rings in degrees; BadFile for one that is not closed, or lies nowhere on earth."""
    longitudes, latitudes = to_degrees.transform(*([point[axis] for point in shape.points] for axis in (0, 1)))
    points = list(zip(longitudes, latitudes, strict=True))
    if stray := [point for point in points if not (abs(point[0]) <= 180 and abs(point[1]) <= 90)]:
        raise BadFile(f"{what} has a point at {stray[0]}, which is no longitude and latitude: is the .prj its own?")
    rings = [points[first:end] for first, end in pairwise([*shape.parts, len(points)])]
    if not rings or any(len(ring) < 4 or ring[0] != ring[-1] for ring in rings):
        raise BadFile(f"{what} has a ring that is not closed, or none; forget it to have it fetched again")
    return rings
