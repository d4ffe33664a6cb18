"""The shapefile of the taxi zones."""

import functools
import struct
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import shapely

from pipeline.sample import polygons
from pipeline.sample.stations import stations_in
from pipeline.sample.zones import zones


def test_the_archive_has_the_publishers_format(tmp_path: Path) -> None:
    polygons.write_archive(tmp_path / "taxi_zones.zip")
    with zipfile.ZipFile(tmp_path / "taxi_zones.zip") as archive:
        files = {Path(name).suffix: archive.read(name) for name in archive.namelist() if "__MACOSX" not in name}
        metadata = [name for name in archive.namelist() if name.startswith("__MACOSX/taxi_zones/._taxi_zones.")]
    assert set(files) == {".shp", ".shx", ".dbf", ".prj"} and len(metadata) == 4
    assert files[".prj"].startswith(b'PROJCS["NAD_1983_StatePlane_New_York_Long_Island_FIPS_3104_Feet",')
    assert files[".dbf"][1:8] == bytes((122, 12, 6)) + struct.pack("<I", 263)  # 2022-12-06, 263 records


def test_every_station_is_in_the_polygon_of_its_cell() -> None:
    mapped = {zone.id: zone.cell for zone in zones() if zone.cell}
    shapes = {id: polygon(list(polygons.rings_of(id, cell))) for id, cell in mapped.items()}
    tree, ids = shapely.STRtree(list(shapes.values())), list(shapes)
    assert len(shapes[polygons.WITH_HOLE].interiors) == 1
    assert len(shapes[polygons.IN_TWO_PARTS].geoms) == 2
    for station in (*stations_in(date(2024, 1, 1)), *stations_in(date(2024, 3, 1))):
        point = shapely.Point(station.lng, station.lat)
        cells = [id for id, cell in mapped.items() if shapely.box(*cell).contains(point)]
        assert [ids[index] for index in tree.query(point, "within")] == cells
        assert len(cells) == (station.system == "citibike")


def polygon(rings: list[polygons.Ring]) -> Any:
    """The points that an odd number of the rings enclose."""
    return functools.reduce(shapely.symmetric_difference, map(shapely.Polygon, rings))
