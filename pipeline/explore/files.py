"""Cubes, catalogue and the shapes of zones -> JavaScript files, which pages load by script tags, from file:// as well.

Equal content gives equal bytes.
"""

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

DECIMALS = 4
"""Of a degree of a zone's outline: 0.0001 degrees are 8 to 11 m."""


def month_file(month: Mapping[str, Any]) -> str:
    """A call of ``explore.month`` with the month's tables and each of its cubes, packed apart.

    A browser unpacks the cubes that a question needs.
    """
    parts = {"tables": month["tables"], **month["cubes"]}
    return call("month", month["month"], {name: packed(part) for name, part in parts.items()})


def catalogue_file(catalogue: Mapping[str, Any]) -> str:
    """A call of ``explore.catalogue``."""
    return call("catalogue", catalogue)


def zones_file(shapes: Iterable[tuple[int, str, str, Sequence[Sequence[Sequence[float]]]]]) -> str:
    """A call of ``explore.zones`` with GeoJSON: for each zone its key, name, borough and rings.

    Outer rings are clockwise, as in the published shapes and as d3 and Vega expect them.
    """
    features = [
        {
            "type": "Feature",
            "id": key,
            "properties": {"key": key, "zone_name": name, "borough": borough},
            "geometry": {"type": "Polygon", "coordinates": list(filter(None, map(rounded, rings)))},
        }
        for key, name, borough, rings in shapes
    ]
    return call("zones", {"type": "FeatureCollection", "features": features})


def rounded(ring: Sequence[Sequence[float]]) -> list[list[float]]:
    """The ring without points that coincide once they are rounded; empty where it has no area then."""
    points = [[round(x, DECIMALS), round(y, DECIMALS)] for x, y in ring]
    kept = [point for point, before in zip(points, [None, *points], strict=False) if point != before]
    return kept if len(kept) > 3 else []


def call(function: str, *arguments: Any) -> str:
    """A script that calls a function of ``explore``."""
    values = (json.dumps(argument, separators=(",", ":"), ensure_ascii=False) for argument in arguments)
    return f"explore.{function}({','.join(values)});\n"


def packed(value: Any) -> str:
    """JSON, compressed by gzip, as base64."""
    content = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
