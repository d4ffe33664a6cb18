"""Trips by taxi zone and station -> a map for each mode: outlines that all maps share, and the shade of each zone.

Stations are drawn where there are no taxi zones: in New Jersey.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import cos, radians
from operator import itemgetter
from typing import Any

from pipeline.report.charts import legend, shade, shade_bounds
from pipeline.report.figures import Row
from pipeline.report.words import number, trips_label

WIDTH = 1000
"""Width of the map in units. Points are rounded to whole units; neighbouring zones share points, so no gap opens."""

LEAST_SHARE = 0.01
"""A mode has zones on its map only if this share of its trips began in one; trips of Jersey City did not."""

RADIUS = 0.006
"""Of a station, as a share of the width of its map."""

Point = tuple[int, int]
Scale = Callable[[Sequence[float]], Point]
"""Longitude and latitude -> the position on the map."""


def maps(
    modes: Sequence[str], zones: Sequence[Row], shapes: Sequence[Row], stations: Sequence[Row] = ()
) -> dict[str, Any]:
    """The outlines of the zones, and for each mode the zones, and the stations outside of them, where trips began."""
    names = {zone["location_key"]: f"{zone['zone_name']}, {zone['borough']}" for zone in zones}
    height, scale = scale_of(shapes)
    outlines = {shape["location_key"]: path([list(map(scale, ring)) for ring in shape["rings"]]) for shape in shapes}
    box = (0, 0, WIDTH, height)
    outside = [station | {"at": scale((station["longitude"], station["latitude"]))} for station in stations]
    outside = [one for one in outside if one["location_key"] not in outlines and is_within(one["at"], box)]
    return {
        "width": WIDTH,
        "outlines": outlines,
        "maps": [
            map_of(mode, zones, [one for one in outside if one["trip_type"] == mode], outlines, names, box)
            for mode in modes
        ],
    }


def map_of(
    mode: str,
    zones: Sequence[Row],
    stations: Sequence[Row],
    outlines: Mapping[int, str],
    names: Mapping[int, str],
    box: tuple[int, int, int, int],
) -> dict[str, Any]:
    trips = {zone["location_key"]: zone["trips"] for zone in zones if zone["trip_type"] == mode}
    mapped = {key: count for key, count in trips.items() if key in outlines and count > 0}
    if sum(mapped.values()) < LEAST_SHARE * sum(trips.values()):
        mapped = {}
    if stations and not mapped:
        box = box_around([station["at"] for station in stations])
    places = [(names[key], count) for key, count in mapped.items()]
    places += [(station["station_name"], station["trips"]) for station in stations]
    most = max((count for _, count in places), default=0)
    bounds = shade_bounds(most)

    def label(name: str, count: int) -> str:
        return f"{name}: {number(count)} {trips_label(mode)}"

    return {
        "mode": mode,
        "box": box,
        "zones": [
            {"key": key, "shade": shade(count, bounds), "label": label(names[key], count)}
            for key, count in sorted(mapped.items())
        ],
        "stations": [
            {"at": one["at"], "shade": shade(one["trips"], bounds), "label": label(one["station_name"], one["trips"])}
            for one in sorted(stations, key=itemgetter("trips"))
        ],
        "radius": round(RADIUS * box[2], 1),
        "legend": legend(bounds, most),
        "busiest": [{"name": name, "trips": count} for name, count in sorted(places, key=lambda place: -place[1])[:5]],
        "elsewhere": sum(trips.values()) - sum(count for _, count in places),
        "trips": sum(trips.values()),
    }


def is_within(point: Point, box: tuple[int, int, int, int]) -> bool:
    left, top, width, height = box
    return left <= point[0] <= left + width and top <= point[1] <= top + height


def box_around(points: Sequence[Point]) -> tuple[int, int, int, int]:
    """The square around the points, with a margin: left, top, width, height."""
    (left, right), (top, bottom) = ((min(axis), max(axis)) for axis in zip(*points, strict=True))
    side = max(right - left, bottom - top, 20)
    margin = side // 8
    middle_x, middle_y = (left + right) // 2, (top + bottom) // 2
    half = side // 2 + margin
    return middle_x - half, middle_y - half, 2 * half, 2 * half


def scale_of(shapes: Sequence[Row]) -> tuple[int, Scale]:
    """The height of the map, and the function that places a point on it.

    Longitudes are scaled by the cosine of the middle latitude, which is exact enough for a city.
    """
    points = [point for shape in shapes for ring in shape["rings"] for point in ring]
    if not points:
        return WIDTH, lambda _: (-1, -1)
    west, east = (pick(point[0] for point in points) for pick in (min, max))
    south, north = (pick(point[1] for point in points) for pick in (min, max))
    x_scale = WIDTH / (east - west)
    y_scale = x_scale / cos(radians((south + north) / 2))

    def position(point: Sequence[float]) -> Point:
        return round((point[0] - west) * x_scale), round((north - point[1]) * y_scale)

    return round((north - south) * y_scale), position


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
