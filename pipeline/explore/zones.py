"""The taxi zones as they are published: their names, and their shapes."""

from pathlib import Path
from typing import Any

from pipeline.database import file_argument, in_memory

ZONES = ("pickup_location", "dropoff_location")
"""The dimensions whose values are keys of zones."""


def with_names_of_zones(dimensions: dict[str, Any], published: Path) -> dict[str, Any]:
    """The dimensions, with the name and the borough of each zone where its key is the value."""
    file = published / "dim_location/dim_location.parquet"
    if not file.exists():
        return dimensions
    with in_memory() as con:
        rows = con.execute(f"""
            select location_key, concat_ws(', ', zone_name, borough)
            from read_parquet({file_argument(file)}) order by location_key
        """).fetchall()
    names = {"labels": {str(key): name for key, name in rows}}
    return dimensions | {one: dimensions[one] | names for one in ZONES if one in dimensions}


def shapes(published: Path) -> list[tuple[Any, ...]]:
    """The key, name, borough and rings of each zone that has a shape."""
    shape, location = (published / name / f"{name}.parquet" for name in ("dim_location_shape", "dim_location"))
    if not (shape.exists() and location.exists()):
        return []
    with in_memory() as con:
        return con.execute(f"""
            select location_key, zone_name, borough, rings
            from read_parquet({file_argument(shape)}) as shapes
            join read_parquet({file_argument(location)}) as locations using (location_key)
            order by location_key
        """).fetchall()
