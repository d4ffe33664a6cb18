"""Shapefile -> newline-delimited JSON: one line per shape, in the file's order, with points in degrees (WGS 84)."""

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
    """Writes the shapes of the files (by suffix: .shp, .shx, .dbf, .prj) into a folder, and returns the path.

    A line has the fields of the shape's record. ``geometry`` is the list of its rings, outer rings and holes, of points
    [longitude, latitude]: a point is inside the shape if an odd number of rings contain it.
    Raises BadFile where the files are damaged, do not belong together, or contain other shapes than polygons.
    """
    import pyproj.exceptions
    import shapefile  # type: ignore[import-untyped]

    damaged = (ValueError, LookupError, ArithmeticError, struct.error)  # which pyshp raises besides its own
    name = parts[".shp"].name
    path = folder / f"{name}.json"
    try:
        lines = [json.dumps(shape) for shape in shapes_of(parts)]
    except pyproj.exceptions.ProjError as error:
        raise BadFile(
            f"{name} cannot be placed: expected the .prj to describe a projection (WKT), found "
            f"{parts['.prj'].read_bytes()[:40]!r}"
        ) from error
    except (*damaged, shapefile.ShapefileException) as error:
        raise BadFile(
            f"{name} cannot be read: its .shp, .shx or .dbf is damaged or incomplete, or they do not belong together"
        ) from error
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def shapes_of(parts: Mapping[str, Path]) -> Iterator[dict[str, Any]]:
    """Yields every shape with its record. Reading from memory limits what a damaged length can allocate."""
    import shapefile

    name = parts[".shp"].name
    files = {suffix: BytesIO(parts[f".{suffix}"].read_bytes()) for suffix in ("shp", "shx", "dbf")}
    # The ignored warnings are about lengths. The number of shapes is checked below.
    with warnings.catch_warnings(action="ignore"), shapefile.Reader(**files) as reader:
        shapes, records = reader.shapes(), reader.records()
    if not shapes or len(shapes) != len(records):
        raise BadFile(f"{name} has {len(shapes)} shapes and {len(records)} records, expected one record per shape")
    to_degrees = transformer_to_degrees(parts[".prj"].read_text(encoding="utf-8", errors="replace"))
    for number, (shape, record) in enumerate(zip(shapes, records, strict=True), 1):
        label = f"{name}: shape {number} of {len(shapes)}"
        if not shape.shapeTypeName.startswith("POLYGON"):
            raise BadFile(f"{label} is a {shape.shapeTypeName}, not a polygon")
        yield record.as_dict(date_strings=True) | {"geometry": rings_of(shape, to_degrees, label)}


def transformer_to_degrees(projection: str) -> Any:
    """The transformer from the coordinates that the .prj (WKT) describes to longitude and latitude."""
    import pyproj

    return pyproj.Transformer.from_crs(pyproj.CRS.from_wkt(projection), WGS_84, always_xy=True)


def rings_of(shape: Any, to_degrees: Any, label: str) -> list[Ring]:
    """The shape's rings in degrees; raises BadFile for an unclosed ring and for impossible coordinates."""
    longitudes, latitudes = to_degrees.transform(*([point[axis] for point in shape.points] for axis in (0, 1)))
    points = list(zip(longitudes, latitudes, strict=True))
    if invalid := [point for point in points if not (abs(point[0]) <= 180 and abs(point[1]) <= 90)]:
        raise BadFile(
            f"{label} has a point at {invalid[0]}, expected degrees; check that the .prj belongs to this file"
        )
    rings = [points[first:end] for first, end in pairwise([*shape.parts, len(points)])]
    if not rings or any(len(ring) < 4 or ring[0] != ring[-1] for ring in rings):
        raise BadFile(f"{label} has no ring, or one that is not closed")
    return rings
