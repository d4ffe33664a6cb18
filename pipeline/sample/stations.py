"""Citi Bike's stations on the made-up map: in Manhattan, what lies near it, and Jersey City.

In 2024 some are renamed, some moved, and some renamed for a month and named back, so that a station has a history, and
not always one of spans. Ids look as published: ``5379.10``, ``JC013``.
"""

import functools
import math
from dataclasses import dataclass, replace
from datetime import date

from pipeline.sample.zones import MIDTOWN, Grid, miles, zones

RENAMED, MOVED = date(2024, 2, 1), date(2024, 3, 1)
NAMED_BACK = date(2024, 3, 1)
CELLS = {"Manhattan": 69, "Brooklyn": 34, "Queens": 14, "Bronx": 8}  # the ones nearest to Midtown
NEW_YORK, JERSEY_CITY = 600, 60
JERSEY = Grid(-74.08, 40.71, 0.008, 0.007, 6)
CENTRES = {"citibike": (40.745, -73.985), "citibike_jc": (40.72, -74.04)}
# fmt: off
STREETS = (
    "Allen", "Bond", "Canal", "Dean", "Essex", "Front", "Grove", "Hudson", "Irving", "Jay", "King",
    "Lewis", "Mercer", "Nassau", "Oliver", "Pike", "Reade", "Spruce", "Thames", "Varick", "Warren",
)
# fmt: on


@dataclass(frozen=True)
class Station:
    """A station as it was called in some month; ``system`` is the source whose rides begin there."""

    number: int
    system: str
    id: str
    legacy_id: int
    name: str
    lat: float
    lng: float
    popularity: float


@functools.cache
def stations() -> tuple[Station, ...]:
    """Every station as first observed: dealt out over the cells, each at its own spot of its cell."""
    ours = [cell for borough, number in CELLS.items() for cell in nearest_cells(borough, number)]
    theirs = [JERSEY.cell(number) for number in range(36)]
    return (
        *(_placed(number, "citibike", ours[number % len(ours)]) for number in range(NEW_YORK)),
        *(_placed(NEW_YORK + number, "citibike_jc", theirs[number % len(theirs)]) for number in range(JERSEY_CITY)),
    )


def stations_in(month: date) -> list[Station]:
    """Every station as it was called, and where it stood, in that month."""
    return [_aged(station, month) for station in stations()]


def nearest_cells(borough: str, number: int) -> list[tuple[float, float, float, float]]:
    near = sorted((zone for zone in zones() if zone.borough == borough), key=lambda zone: miles(MIDTOWN, zone.centre))
    return [zone.cell for zone in near[:number] if zone.cell]


def _placed(number: int, system: str, cell: tuple[float, float, float, float]) -> Station:
    west, south, east, north = cell
    lat, lng = (
        round(low + (high - low) * (0.1 + 0.8 * spot), 6)
        for low, high, spot in zip((south, west), (north, east), _spot(number), strict=True)
    )
    is_ours = system == "citibike"
    return Station(
        number=number,
        system=system,
        id=f"{3000 + number * 7}.{number % 12:02}"
        if is_ours
        else f"{'HB' if number % 3 == 0 else 'JC'}{number - NEW_YORK + 1:03}",
        legacy_id=72 + number * 3 if is_ours else 2600 + number,
        name=f"{STREETS[number % len(STREETS)]} St & {1 + number // len(STREETS)} {'Ave' if is_ours else 'Pl'}",
        lat=lat,
        lng=lng,
        popularity=math.exp(-miles((lat, lng), CENTRES[system]) / 2.5),
    )


def _spot(number: int) -> tuple[float, float]:
    """Where in its cell a station stands, as shares of height and width; the golden ratio spreads them evenly."""
    return number * 0.618034 % 1, number * 0.754878 % 1


def _aged(station: Station, month: date) -> Station:
    if station.number % 25 == 3 and month >= RENAMED:
        return replace(station, name=f"{station.name} North")
    if station.number % 25 == 5 and RENAMED <= month < NAMED_BACK:
        return replace(station, name=f"{station.name} Temporary")
    if station.number % 25 == 4 and month >= MOVED:
        return replace(station, lat=round(station.lat + 0.0005, 6))
    return station
