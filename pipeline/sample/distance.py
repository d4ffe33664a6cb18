"""Distances in miles between points in degrees, in Python and in SQL. A flat map is accurate enough within a city."""

import math

MILES_PER_DEGREE = 69.0
LONGITUDE_SCALE = math.cos(math.radians(40.75))
"""The length of a degree of longitude in New York, as a share of a degree of latitude."""


def miles(origin: tuple[float, float], destination: tuple[float, float]) -> float:
    """The distance between two points, each given as latitude and longitude."""
    north, east = origin[0] - destination[0], (origin[1] - destination[1]) * LONGITUDE_SCALE
    return MILES_PER_DEGREE * math.hypot(north, east)


def miles_sql(origin: str, destination: str) -> str:
    """The same as an SQL expression, for two tables with the columns ``lat`` and ``lng``."""
    north, east = f"({origin}.lat - {destination}.lat)", f"({LONGITUDE_SCALE:.4f} * ({origin}.lng - {destination}.lng))"
    return f"{MILES_PER_DEGREE} * sqrt({north} ** 2 + {east} ** 2)"
