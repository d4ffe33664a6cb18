"""Taxi zones and their lookup table."""

from collections import Counter
from pathlib import Path

from pipeline.sample.zones import UNKNOWN, ZONES_PER_BOROUGH, write_lookup, zones


def test_the_lookup_table_has_265_zones_in_the_publishers_format(tmp_path: Path) -> None:
    write_lookup(tmp_path / "taxi_zone_lookup.csv")
    lines = (tmp_path / "taxi_zone_lookup.csv").read_bytes().split(b"\r\n")
    assert lines[0] == b'"LocationID","Borough","Zone","service_zone"'
    assert lines[132] == b'132,"Queens","JFK Airport","Airports"'
    assert lines[264:] == [b'264,"Unknown","NV","N/A"', b'265,"Unknown","NA","N/A"', b""]


def test_no_two_zones_have_the_same_cell() -> None:
    cells = [zone.cell for zone in zones() if zone.cell]
    assert len(cells) == len(set(cells)) == UNKNOWN - 1


def test_every_borough_has_its_published_number_of_zones() -> None:
    numbers = Counter(zone.borough for zone in zones())
    # Queens has JFK and LaGuardia as well.
    assert numbers == ZONES_PER_BOROUGH | {"Queens": 69, "Manhattan": 69, "EWR": 1, "Unknown": 2}
