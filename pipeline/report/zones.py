"""Trips by taxi zone -> a map for each mode: outlines that all maps share, and the shade of each zone."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import cos, radians
from typing import Any

from pipeline.report.charts import legend, shade, shade_bounds
from pipeline.report.figures import Row
from pipeline.report.words import number, trips_label

WIDTH = 1000
"""Width of the map in units. Points are rounded to whole units; neighbouring zones share points, so no gap opens."""

LEAST_SHARE = 0.01
"""A mode has a map only if this share of its trips began in a zone of it; trips of Jersey City did not."""

Point = tuple[int, int]


def maps(modes: Sequence[str], zones: Sequence[Row], shapes: Sequence[Row]) -> dict[str, Any]:
    """The outlines of the zones, and for each mode the zones in which trips began."""
    names = {zone["location_key"]: f"{zone['zone_name']}, {zone['borough']}" for zone in zones}
    height, outlines = outlines_of(shapes)
    return {
        "width": WIDTH,
        "height": height,
        "outlines": outlines,
        "maps": [map_of(mode, zones, outlines, names) for mode in modes],
    }


def map_of(mode: str, zones: Sequence[Row], outlines: Mapping[int, str], names: Mapping[int, str]) -> dict[str, Any]:
    trips = {zone["location_key"]: zone["trips"] for zone in zones if zone["trip_type"] == mode}
    mapped = {key: count for key, count in trips.items() if key in outlines and count > 0}
    if sum(mapped.values()) < LEAST_SHARE * sum(trips.values()):
        mapped = {}
    most = max(mapped.values(), default=0)
    bounds = shade_bounds(most)
    order = sorted(mapped, key=mapped.__getitem__, reverse=True)
    return {
        "mode": mode,
        "zones": [
            {"key": key, "shade": shade(count, bounds), "label": f"{names[key]}: {number(count)} {trips_label(mode)}"}
            for key, count in sorted(mapped.items())
        ],
        "legend": legend(bounds, most),
        "busiest": [{"name": names[key], "trips": mapped[key]} for key in order[:5]],
        "elsewhere": sum(trips.values()) - sum(mapped.values()),
        "trips": sum(trips.values()),
    }


def outlines_of(shapes: Sequence[Row]) -> tuple[int, dict[int, str]]:
    """The height of the map, and each zone's outline as an SVG path.

    Longitudes are scaled by the cosine of the middle latitude, which is exact enough for a city.
    """
    points = [point for shape in shapes for ring in shape["rings"] for point in ring]
    if not points:
        return WIDTH, {}
    west, east = (pick(point[0] for point in points) for pick in (min, max))
    south, north = (pick(point[1] for point in points) for pick in (min, max))
    x_scale = WIDTH / (east - west)
    y_scale = x_scale / cos(radians((south + north) / 2))

    def position(point: Sequence[float]) -> Point:
        return round((point[0] - west) * x_scale), round((north - point[1]) * y_scale)

    outlines = {shape["location_key"]: path([list(map(position, ring)) for ring in shape["rings"]]) for shape in shapes}
    return round((north - south) * y_scale), outlines


def path(rings: Sequence[Sequence[Point]]) -> str:
    """An SVG path of relative steps, without steps of length 0 and without rings of fewer than three steps."""
    parts = []
    for ring in rings:
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(ring) if a != b]
        if len(steps) > 2:
            parts.append(f"M{ring[0][0]} {ring[0][1]}l{' '.join(f'{x} {y}' for x, y in merged(steps))}z")
    return "".join(parts)


def merged(steps: Sequence[Point]) -> list[Point]:
    """The steps, with successive steps in the same direction merged into one."""
    found: list[Point] = []
    for x, y in steps:
        if found and found[-1][0] * y == found[-1][1] * x and found[-1][0] * x + found[-1][1] * y > 0:
            found[-1] = (found[-1][0] + x, found[-1][1] + y)
        else:
            found.append((x, y))
    return found
