"""265 taxi zones with synthetic names on a synthetic map: each zone is a cell of its borough's grid.

The ids of the airports, of the unknown zones and of the zones of Manhattan are the published ones, as is the number of
zones of each borough. stations.py places stations in the cells, and polygons.py writes the cells as a shapefile.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

from pipeline.sample.distance import miles

NEWARK, JFK, LAGUARDIA, UNKNOWN, OUTSIDE = 1, 132, 138, 264, 265
MIDTOWN = (40.755, -73.984)

# Manhattan's zones: those of the yellow service zone, the busiest first, and those in the north.
# fmt: off
YELLOW_ZONES = (
    237, 161, 236, 162, 230, 186, 142, 239, 163, 170, 234, 68, 48, 141, 107, 238, 140, 164, 249,
    79, 229, 246, 113, 263, 43, 100, 90, 262, 231, 143, 233, 137, 114, 144, 158, 50, 148, 211,
    151, 13, 224, 87, 88, 24, 4, 125, 209, 261, 45, 232, 12, 194, 103, 104, 105,
)
# fmt: on
HARLEM_ZONES = (75, 74, 166, 41, 42, 116, 152, 244, 243, 120, 127, 128, 153, 202)
NAME_PARTS = (
    "Amber,Birch,Cedar,Dover,Elder,Ferry,Grand,Harbor,Iron,Juniper,Kings,Linden,Maple,North,Orchard,Pearl,Quarry,River,Spring,Tower",
    "Heights,Park,Hill,Landing,Point,Gardens,Village,Square,Bay,Slip,Green,Bridge,Corner/Old Mill,Captain's Yard",
)


Cell = tuple[float, float, float, float]
"""West, south, east and north, in degrees (WGS 84)."""


@dataclass(frozen=True)
class Grid:
    """The cells of a borough, numbered from west to east and from south to north, in degrees."""

    west: float
    south: float
    width: float
    height: float
    columns: int

    def cell(self, number: int) -> Cell:
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
ZONES_PER_BOROUGH = {"Queens": 67, "Brooklyn": 61, "Bronx": 43, "Staten Island": 20}
POPULARITY = {
    "Manhattan": 0.4,
    "Queens": 0.3,
    "Brooklyn": 0.5,
    "Bronx": 0.1,
    "Staten Island": 0.02,
    "EWR": 0.02,
}


@dataclass(frozen=True)
class Zone:
    """A taxi zone; ``cell`` is None for the two ids without an area."""

    id: int
    borough: str
    name: str
    service_zone: str
    cell: Cell | None
    popularity: float  # relative number of pick-ups of yellow taxis

    @property
    def centre(self) -> tuple[float, float]:
        """Latitude and longitude."""
        west, south, east, north = self.cell or (0.0, 0.0, 0.0, 0.0)
        return (south + north) / 2, (west + east) / 2


@functools.cache
def zones() -> tuple[Zone, ...]:
    """All 265 zones, ordered by id."""
    popularities = {id: 10 / (rank + 8) for rank, id in enumerate(YELLOW_ZONES)}
    unordered = [
        *_zones_of("Manhattan", (*YELLOW_ZONES, *HARLEM_ZONES), popularities),
        *_zones_of("EWR", (NEWARK,), {}),
        *(
            zone
            for borough, ids in _outer_boroughs().items()
            for zone in _zones_of(borough, ids, {LAGUARDIA: 0.7, JFK: 1.0})
        ),
        Zone(UNKNOWN, "Unknown", "NV", "N/A", None, 0.06),
        Zone(OUTSIDE, "Unknown", "NA", "N/A", None, 0.02),
    ]
    return tuple(sorted(unordered, key=lambda zone: zone.id))


def _outer_boroughs() -> dict[str, tuple[int, ...]]:
    """The remaining ids by borough. In Queens, LaGuardia has the 25th cell from Midtown and JFK the farthest."""
    taken = {NEWARK, JFK, LAGUARDIA, UNKNOWN, OUTSIDE, *YELLOW_ZONES, *HARLEM_ZONES}
    remaining = sorted({*range(1, 266)} - taken, key=lambda id: (id * 89 % 263, id))
    ids = {}
    for borough, number in ZONES_PER_BOROUGH.items():
        ids[borough], remaining = tuple(remaining[:number]), remaining[number:]
    near, far = ids["Queens"][:24], ids["Queens"][24:]
    return ids | {"Queens": (*near, LAGUARDIA, *far, JFK)}


def _zones_of(borough: str, ids: tuple[int, ...], popularities: dict[int, float]) -> list[Zone]:
    """The borough's zones; their cells are ordered by the distance from Midtown."""
    grid = GRIDS[borough]
    cells = sorted(
        (grid.cell(number) for number in range(len(ids))), key=lambda cell: miles(MIDTOWN, (cell[1], cell[0]))
    )
    return [
        Zone(
            id,
            borough,
            _name(id),
            _service_zone(id, borough),
            cell,
            popularities.get(id, POPULARITY[borough] / (8 + rank)),
        )
        for rank, (id, cell) in enumerate(zip(ids, cells, strict=True))
    ]


def _name(id: int) -> str:
    airports = {NEWARK: "Newark Airport", JFK: "JFK Airport", LAGUARDIA: "LaGuardia Airport"}
    first, second = (parts.split(",") for parts in NAME_PARTS)
    return airports.get(id) or f"{first[id % len(first)]} {second[id // len(first) % len(second)]}"


def _service_zone(id: int, borough: str) -> str:
    if id in (JFK, LAGUARDIA):
        return "Airports"
    return "EWR" if borough == "EWR" else "Yellow Zone" if id in YELLOW_ZONES else "Boro Zone"


def write_lookup(path: Path) -> None:
    """Write ``taxi_zone_lookup.csv`` in the publisher's format: quoted text, lines that end with CR LF."""
    rows = [f'{zone.id},"{zone.borough}","{zone.name}","{zone.service_zone}"' for zone in zones()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        "".join(f"{line}\r\n" for line in ('"LocationID","Borough","Zone","service_zone"', *rows)).encode()
    )
