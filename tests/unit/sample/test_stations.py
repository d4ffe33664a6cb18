"""Citi Bike's stations, and their changes in 2024."""

from datetime import date
from pathlib import Path

from pipeline.sample.stations import JERSEY_CITY_STATIONS, NEW_YORK_STATIONS, stations, stations_in
from tests.unit.sample.generated_files import generate_small, ride_rows

MONTHS = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]


def test_every_station_has_an_id_and_a_name_of_its_own() -> None:
    for values in ([station.id for station in stations()], [station.name for station in stations()]):
        assert len(set(values)) == NEW_YORK_STATIONS + JERSEY_CITY_STATIONS


def test_some_stations_move_in_2024_03() -> None:
    before, after = (stations_in(month) for month in MONTHS[1:])
    moved = [old.number for old, new in zip(before, after, strict=True) if (old.lat, old.lng) != (new.lat, new.lng)]
    assert moved and all(number % 25 == 4 for number in moved)


def test_some_stations_are_renamed_for_good_and_some_for_a_month(tmp_path: Path) -> None:
    names = dict[str, dict[date, str]]()
    for file in generate_small(tmp_path, MONTHS, "citibike", rows={"citibike": 150_000}):
        for row in ride_rows(tmp_path / file.file, file.month):
            names.setdefault(row[5], {})[file.month] = row[4]
    histories = [tuple(by_month[month] for month in MONTHS) for by_month in names.values() if len(by_month) == 3]
    assert any(first != second == third for first, second, third in histories)
    assert any(first == third != second for first, second, third in histories)
