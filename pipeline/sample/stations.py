"""Synthetic Citi Bike stations: in the cells of the taxi zones in and near Manhattan, and in Jersey City.

In 2024-02 some are renamed for good and some for one month; in 2024-03 some are moved. Ids have the published form:
``5379.10``, ``JC013``.
"""

import functools
import math
from dataclasses import dataclass, replace
from datetime import date

from pipeline.sample.distance import miles
from pipeline.sample.zones import MIDTOWN, Cell, Grid, zones

RENAMED, MOVED = date(2024, 2, 1), date(2024, 3, 1)
RENAMED_BACK = date(2024, 3, 1)
CELLS = {"Manhattan": 69, "Brooklyn": 34, "Queens": 14, "Bronx": 8}
"""The number of cells with stations by borough: those nearest to Midtown."""
NEW_YORK_STATIONS, JERSEY_CITY_STATIONS = 600, 60
JERSEY_CITY_GRID = Grid(-74.08, 40.71, 0.008, 0.007, 6)
CENTRES = {"citibike": (40.745, -73.985), "citibike_jc": (40.72, -74.04)}
# fmt: off
STREETS = (
    "Allen", "Bond", "Canal", "Dean", "Essex", "Front", "Grove", "Hudson", "Irving", "Jay", "King",
    "Lewis", "Mercer", "Nassau", "Oliver", "Pike", "Reade", "Spruce", "Thames", "Varick", "Warren",
)
# fmt: on


@dataclass(frozen=True)
class Station:
    """A station in one month; ``system`` is the source whose rides begin there."""

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
    """All stations in their first state, evenly distributed over the cells, each at its own point of its cell."""
    new_york = [cell for borough, number in CELLS.items() for cell in nearest_cells(borough, number)]
    jersey_city = [JERSEY_CITY_GRID.cell(number) for number in range(36)]
    return (
        *(_station(number, "citibike", new_york[number % len(new_york)]) for number in range(NEW_YORK_STATIONS)),
        *(
            _station(NEW_YORK_STATIONS + number, "citibike_jc", jersey_city[number % len(jersey_city)])
            for number in range(JERSEY_CITY_STATIONS)
        ),
    )


def stations_in(month: date) -> list[Station]:
    """All stations with the names and positions of that month."""
    return [_in_month(station, month) for station in stations()]


def nearest_cells(borough: str, number: int) -> list[Cell]:
    """The borough's cells nearest to Midtown, as many as ``number``."""
    nearest = sorted(
        (zone for zone in zones() if zone.borough == borough), key=lambda zone: miles(MIDTOWN, zone.centre)
    )
    return [zone.cell for zone in nearest[:number] if zone.cell]


def _station(number: int, system: str, cell: Cell) -> Station:
    west, south, east, north = cell
    lat, lng = (
        round(low + (high - low) * (0.1 + 0.8 * share), 6)
        for low, high, share in zip((south, west), (north, east), _position_in_cell(number), strict=True)
    )
    is_new_york = system == "citibike"
    return Station(
        number=number,
        system=system,
        id=f"{3000 + number * 7}.{number % 12:02}"
        if is_new_york
        else f"{'HB' if number % 3 == 0 else 'JC'}{number - NEW_YORK_STATIONS + 1:03}",
        legacy_id=72 + number * 3 if is_new_york else 2600 + number,
        name=f"{STREETS[number % len(STREETS)]} St & {1 + number // len(STREETS)} {'Ave' if is_new_york else 'Pl'}",
        lat=lat,
        lng=lng,
        popularity=math.exp(-miles((lat, lng), CENTRES[system]) / 2.5),
    )


def _position_in_cell(number: int) -> tuple[float, float]:
    """A station's position as shares of the cell's height and width; multiples of irrationals spread evenly."""
    return number * 0.618034 % 1, number * 0.754878 % 1


def _in_month(station: Station, month: date) -> Station:
    if station.number % 25 == 3 and month >= RENAMED:
        return replace(station, name=f"{station.name} North")
    if station.number % 25 == 5 and RENAMED <= month < RENAMED_BACK:
        return replace(station, name=f"{station.name} Temporary")
    if station.number % 25 == 4 and month >= MOVED:
        return replace(station, lat=round(station.lat + 0.0005, 6))
    return station
