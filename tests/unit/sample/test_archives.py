"""The layout of Citi Bike's archives."""

import zipfile
from datetime import date
from pathlib import Path

import pytest

from pipeline.months import month_range
from pipeline.sample.archives import file_of
from pipeline.sample.citibike import SOURCES
from pipeline.sources import sources
from tests.unit.sample.generated_files import generate_small, members, ride_rows


@pytest.mark.parametrize("source", SOURCES)
def test_archives_are_at_a_url_of_their_source(source: str) -> None:
    for month in month_range(sources()[source].first_month, date(2025, 12, 1)):
        name = Path(file_of(source, month)).name
        assert name in {url.rpartition("/")[2] for url in sources()[source].urls_of(month)}, month


def test_archives_have_the_layout_of_their_month(tmp_path: Path) -> None:
    months = [
        date(2018, 1, 1),
        date(2019, 1, 1),
        date(2023, 5, 1),
        date(2024, 1, 1),
        date(2024, 9, 1),
        date(2025, 3, 1),
    ]
    generate_small(tmp_path, months, "citibike", rows_per_csv=100)
    found = {
        path.name: sorted(name for name in members(path) if "__MACOSX" not in name)
        for path in (tmp_path / "tripdata").iterdir()
    }
    assert found["202401-citibike-tripdata.csv.zip"][:2] == [
        "202401-citibike-tripdata_1.csv",
        "202401-citibike-tripdata_2.csv",
    ]
    assert found["202409-citibike-tripdata.zip"][0] == "202409-citibike-tripdata_1.zip/202409-citibike-tripdata_1.csv"
    assert "202503-citibike-tripdata.csv.zip" in found
    nested = "2023-citibike-tripdata/202305-citibike-tripdata.zip/202305-citibike-tripdata_1.csv"
    assert found["2023-citibike-tripdata.zip"][0] == nested
    assert found["2019-citibike-tripdata.zip"][0] == "2019-citibike-tripdata/1_January/201901-citibike-tripdata_1.csv"
    assert found["2018-citibike-tripdata.zip"][0] == "2018-citibike-tripdata/1_January/201801-citibike-tripdata_1.csv"
    assert found["2018-citibike-tripdata.zip"][-1] == "2018-citibike-tripdata/201801-citibike-tripdata.csv"


def test_archives_have_the_metadata_files_of_macos(tmp_path: Path) -> None:
    generate_small(tmp_path, [date(2024, 1, 1)], "citibike")
    with zipfile.ZipFile(tmp_path / "tripdata/202401-citibike-tripdata.csv.zip") as archive:
        assert "__MACOSX/._202401-citibike-tripdata_1.csv" in archive.namelist()


def test_archives_of_2018_have_every_ride_twice(tmp_path: Path) -> None:
    [file] = generate_small(tmp_path, [date(2018, 4, 1)], "citibike", rows_per_csv=100)
    assert len(ride_rows(tmp_path / file.file, file.month)) == 2 * file.counts["rows"]
