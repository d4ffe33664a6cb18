"""Trips by taxi zone -> a map for each mode: shapes that are drawn once, and the shade of each zone."""

from collections.abc import Sequence
from itertools import pairwise
from math import cos, radians
from typing import Any

from pipeline.report.charts import legend, shade, steps
from pipeline.report.figures import Row
from pipeline.report.words import number, trips_label

WIDTH = 1000
"""Of the map, in units that points are rounded to: borders of neighbours, which share their points, go on to meet."""

LEAST = 0.01
"""Share of a mode's trips that must have begun on the map for it to be drawn: those of Jersey City did not."""

Point = tuple[int, int]


def maps(modes: Sequence[str], zones: Sequence[Row], shapes: Sequence[Row]) -> dict[str, Any]:
    """The outlines of the zones, and for each mode the zones in which trips began."""
    names = {zone["location_key"]: f"{zone['zone_name']}, {zone['borough']}" for zone in zones}
    height, outlines = drawn(shapes)
    return {
        "width": WIDTH,
        "height": height,
        "outlines": outlines,
        "maps": [one_map(mode, zones, outlines, names) for mode in modes],
    }


def one_map(mode: str, zones: Sequence[Row], outlines: dict[int, str], names: dict[int, str]) -> dict[str, Any]:
    trips = {zone["location_key"]: zone["trips"] for zone in zones if zone["trip_type"] == mode}
    on_it = {key: count for key, count in trips.items() if key in outlines and count > 0}
    if sum(on_it.values()) < LEAST * sum(trips.values()):
        on_it = {}
    most = max(on_it.values(), default=0)
    bounds = steps(most)
    order = sorted(on_it, key=on_it.__getitem__, reverse=True)
    return {
        "mode": mode,
        "zones": [
            {"key": key, "shade": shade(count, bounds), "told": f"{names[key]}: {number(count)} {trips_label(mode)}"}
            for key, count in sorted(on_it.items())
        ],
        "legend": legend(bounds, most),
        "busiest": [{"name": names[key], "trips": on_it[key]} for key in order[:5]],
        "elsewhere": sum(trips.values()) - sum(on_it.values()),
        "trips": sum(trips.values()),
    }


def drawn(shapes: Sequence[Row]) -> tuple[int, dict[int, str]]:
    """The height of the map, and each zone's outline as an SVG path; a plane is enough for a city."""
    points = [point for shape in shapes for ring in shape["rings"] for point in ring]
    if not points:
        return WIDTH, {}
    west, east = (pick(point[0] for point in points) for pick in (min, max))
    south, north = (pick(point[1] for point in points) for pick in (min, max))
    across = WIDTH / (east - west)
    down = across / cos(radians((south + north) / 2))

    def place(point: Sequence[float]) -> Point:
        return round((point[0] - west) * across), round((north - point[1]) * down)

    outlines = {shape["location_key"]: path([list(map(place, ring)) for ring in shape["rings"]]) for shape in shapes}
    return round((north - south) * down), outlines


def path(rings: Sequence[Sequence[Point]]) -> str:
    """Steps from point to point, without those that rounding has left no length; a ring that is a point is left out."""
    drawn_rings = []
    for ring in rings:
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(ring) if a != b]
        if len(steps) > 2:
            drawn_rings.append(f"M{ring[0][0]} {ring[0][1]}l{' '.join(f'{x} {y}' for x, y in straight(steps))}z")
    return "".join(drawn_rings)


def straight(steps: Sequence[Point]) -> list[Point]:
    """Steps of one direction as one step."""
    joined: list[Point] = []
    for x, y in steps:
        if joined and joined[-1][0] * y == joined[-1][1] * x and joined[-1][0] * x + joined[-1][1] * y > 0:
            joined[-1] = (joined[-1][0] + x, joined[-1][1] + y)
        else:
            joined.append((x, y))
    return joined
