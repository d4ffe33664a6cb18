"""Cubes, catalogue and the shapes of zones -> JavaScript files, which pages load by script tags, from file:// as well.

Equal content gives equal bytes.
"""

import base64
import gzip
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

LEVEL = 6
"""Of gzip. Level 9 takes twice as long and saves 1% (2026-11)."""
GRID = 0.0005
"""Degrees of longitude, 42 m: points are on a grid of it. Neighbouring zones share points, so that no gap opens."""


def month_file(month: Mapping[str, Any]) -> str:
    """A call of ``explore.month`` with the month's tables, each of its cubes and its estimates, packed apart.

    A browser unpacks the cubes that a question needs.
    """
    parts = {name: packed(table) for name, table in month["tables"].items()}
    parts |= {name: packed(with_references(cube)) for name, cube in month["cubes"].items()}
    return call("month", month["month"], parts | {"estimates": packed(month["estimates"])})


def with_references(cube: Mapping[str, Any]) -> dict[str, Any]:
    """The cube with references in the place of parts that equal an earlier one, but for rows where they are 0 or null.

    Trips in rush hours are the trips in some hours, and none in the others. A reference is the earlier measure and
    part, the value elsewhere, and a digit for each row: 1 where it is equal. Without it, a full-scale month has 0.1 MB
    more (2026-11).
    """
    earlier: list[tuple[str, int, list[Any]]] = []
    measures: dict[str, list[Any]] = {}
    for name, parts in cube["measures"].items():
        measures[name] = [reference_to(earlier, part) or part for part in parts]
        written = zip(parts, measures[name], strict=True)
        earlier += [(name, number, part) for number, (part, kept) in enumerate(written) if kept is part]
    return {**cube, "measures": measures}


def reference_to(earlier: Iterable[tuple[str, int, list[Any]]], part: list[Any]) -> dict[str, Any] | None:
    """A reference to the first earlier part that the part equals where it is not ``elsewhere``; None without one."""
    for name, number, other in earlier:
        for elsewhere in (0, None):
            if all(value in (elsewhere, same) for value, same in zip(part, other, strict=True)):
                where = "".join("01"[value == same] for value, same in zip(part, other, strict=True))
                return {"of": [name, number], "where": where, "elsewhere": elsewhere}
    return None


def catalogue_file(catalogue: Mapping[str, Any]) -> str:
    """A call of ``explore.catalogue``."""
    return call("catalogue", catalogue)


def zones_file(shapes: Iterable[tuple[int, str, str, Sequence[Sequence[Sequence[float]]]]]) -> str:
    """A call of ``explore.zones`` with GeoJSON: for each zone its key, name, borough and rings.

    Points are in the Mercator projection, in steps of ``GRID``: a browser only has to scale them to the size of a map.
    """
    features = [
        {
            "type": "Feature",
            "id": key,
            "properties": {"key": key, "zone_name": name, "borough": borough},
            "geometry": {"type": "Polygon", "coordinates": list(filter(None, map(projected, rings)))},
        }
        for key, name, borough, rings in shapes
    ]
    return call("zones", {"type": "FeatureCollection", "features": features})


def projected(ring: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """The ring on the grid, without points that coincide or lie on a straight line; empty where it has no area."""
    kept: list[tuple[int, int]] = []
    for longitude, latitude in ring:
        northing = math.degrees(math.asinh(math.tan(math.radians(latitude))))
        point = round(longitude / GRID), round(northing / GRID)
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and is_between(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return kept if len(kept) > 3 else []


def is_between(before: tuple[int, int], point: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether the point is on the straight line from the one before it to the one after it."""
    x, y = point[0] - before[0], point[1] - before[1]
    next_x, next_y = after[0] - point[0], after[1] - point[1]
    return x * next_y == y * next_x and x * next_x + y * next_y > 0


def call(function: str, *arguments: Any) -> str:
    """A script that calls a function of ``explore``."""
    values = (json.dumps(argument, separators=(",", ":"), ensure_ascii=False) for argument in arguments)
    return f"explore.{function}({','.join(values)});\n"


def packed(value: Any) -> str:
    """JSON, compressed by gzip, as base64."""
    content = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.b64encode(gzip.compress(content, LEVEL, mtime=0)).decode()
