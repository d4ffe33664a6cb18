"""265 taxi zones with made-up names on a made-up map: each zone is a cell of its borough's grid.

True are the ids that models know by heart (airports, unknown, the busy ids of Manhattan) and how many zones each
borough has. Stations stand in the cells, too, and polygons.py makes ``misc/taxi_zones.zip`` of them.
"""

import functools
import math
from dataclasses import dataclass
from pathlib import Path

NEWARK, JFK, LAGUARDIA, UNKNOWN, OUTSIDE = 1, 132, 138, 264, 265
MIDTOWN = (40.755, -73.984)
MILES_A_DEGREE = 69.0

# Manhattan's zones: the yellow ones, the busiest first, and those in the north.
# fmt: off
YELLOW_ZONES = (
    237, 161, 236, 162, 230, 186, 142, 239, 163, 170, 234, 68, 48, 141, 107, 238, 140, 164, 249,
    79, 229, 246, 113, 263, 43, 100, 90, 262, 231, 143, 233, 137, 114, 144, 158, 50, 148, 211,
    151, 13, 224, 87, 88, 24, 4, 125, 209, 261, 45, 232, 12, 194, 103, 104, 105,
)
# fmt: on
HARLEM_ZONES = (75, 74, 166, 41, 42, 116, 152, 244, 243, 120, 127, 128, 153, 202)
NAMES = (
    "Amber,Birch,Cedar,Dover,Elder,Ferry,Grand,Harbor,Iron,Juniper,Kings,Linden,Maple,North,Orchard,Pearl,Quarry,River,Spring,Tower",
    "Heights,Park,Hill,Landing,Point,Gardens,Village,Square,Bay,Slip,Green,Bridge,Corner/Old Mill,Captain's Yard",
)


@dataclass(frozen=True)
class Grid:
    """A borough's cells, west to east and south to north, in degrees."""

    west: float
    south: float
    width: float
    height: float
    columns: int

    def cell(self, number: int) -> tuple[float, float, float, float]:
        """West, south, east and north of a cell."""
        row, column = divmod(number, self.columns)
        west, south = self.west + column * self.width, self.south + row * self.height
        return west, south, west + self.width, south + self.height


GRIDS = {
    "Manhattan": Grid(-74.015, 40.705, 0.02, 0.0075, 3),
    "Brooklyn": Grid(-74.03, 40.575, 0.018, 0.016, 8),
    "Queens": Grid(-73.95, 40.705, 0.024, 0.012, 10),
    "Bronx": Grid(-73.93, 40.8, 0.02, 0.013, 7),
    "Staten Island": Grid(-74.24, 40.5, 0.035, 0.035, 5),
    "EWR": Grid(-74.19, 40.68, 0.03, 0.03, 1),
}
NUMBERS = {"Queens": 67, "Brooklyn": 61, "Bronx": 43, "Staten Island": 20}
DEMAND = {"Manhattan": 0.4, "Queens": 0.3, "Brooklyn": 0.5, "Bronx": 0.1, "Staten Island": 0.02, "EWR": 0.02}


@dataclass(frozen=True)
class Zone:
    """A taxi zone; ``cell`` is west, south, east and north in degrees (WGS 84), and None where it is no place."""

    id: int
    borough: str
    name: str
    service_zone: str
    cell: tuple[float, float, float, float] | None
    popularity: float  # hails of yellow taxis, as multiples of each other

    @property
    def centre(self) -> tuple[float, float]:
        """Latitude and longitude."""
        west, south, east, north = self.cell or (0.0, 0.0, 0.0, 0.0)
        return (south + north) / 2, (west + east) / 2


@functools.cache
def zones() -> tuple[Zone, ...]:
    """All 265, by id."""
    busy = {id: 10 / (rank + 8) for rank, id in enumerate(YELLOW_ZONES)}
    found = [
        *_placed("Manhattan", (*YELLOW_ZONES, *HARLEM_ZONES), busy),
        *_placed("EWR", (NEWARK,), {}),
        *(
            zone
            for borough, ids in _outer_boroughs().items()
            for zone in _placed(borough, ids, {LAGUARDIA: 0.7, JFK: 1.0})
        ),
        Zone(UNKNOWN, "Unknown", "NV", "N/A", None, 0.06),
        Zone(OUTSIDE, "Unknown", "NA", "N/A", None, 0.02),
    ]
    return tuple(sorted(found, key=lambda zone: zone.id))


def _outer_boroughs() -> dict[str, tuple[int, ...]]:
    """The ids that are left, dealt out as the boroughs are large; Queens ends at its airports."""
    taken = {NEWARK, JFK, LAGUARDIA, UNKNOWN, OUTSIDE, *YELLOW_ZONES, *HARLEM_ZONES}
    left = sorted({*range(1, 266)} - taken, key=lambda id: (id * 89 % 263, id))
    dealt = {}
    for borough, number in NUMBERS.items():
        dealt[borough], left = tuple(left[:number]), left[number:]
    near, far = dealt["Queens"][:24], dealt["Queens"][24:]
    return dealt | {"Queens": (*near, LAGUARDIA, *far, JFK)}


def _placed(borough: str, ids: tuple[int, ...], busy: dict[int, float]) -> list[Zone]:
    """The borough's zones, in cells from near Midtown to far from it."""
    grid = GRIDS[borough]
    cells = sorted(
        (grid.cell(number) for number in range(len(ids))), key=lambda cell: miles(MIDTOWN, (cell[1], cell[0]))
    )
    return [
        Zone(id, borough, _name(id), _service_zone(id, borough), cell, busy.get(id, DEMAND[borough] / (8 + rank)))
        for rank, (id, cell) in enumerate(zip(ids, cells, strict=True))
    ]


def _name(id: int) -> str:
    named = {NEWARK: "Newark Airport", JFK: "JFK Airport", LAGUARDIA: "LaGuardia Airport"}
    first, second = (words.split(",") for words in NAMES)
    return named.get(id) or f"{first[id % len(first)]} {second[id // len(first) % len(second)]}"


def _service_zone(id: int, borough: str) -> str:
    if id in (JFK, LAGUARDIA):
        return "Airports"
    return "EWR" if borough == "EWR" else "Yellow Zone" if id in YELLOW_ZONES else "Boro Zone"


def miles(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Between two places given as latitude and longitude; flat, which is good enough within a city."""
    return MILES_A_DEGREE * math.hypot(here[0] - there[0], (here[1] - there[1]) * math.cos(math.radians(40.75)))


def write_lookup(path: Path) -> None:
    """``taxi_zone_lookup.csv`` in the publisher's form: text quoted, lines ended by CR LF."""
    rows = [f'{zone.id},"{zone.borough}","{zone.name}","{zone.service_zone}"' for zone in zones()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        "".join(f"{line}\r\n" for line in ('"LocationID","Borough","Zone","service_zone"', *rows)).encode()
    )
