"""Real archives: which members are unpacked, in which order, and what is refused."""

import logging
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import BadFile
from pipeline.ingest.unzip import unpack, unpack_shapefile

JANUARY = date(2018, 1, 1)


def zipped(path: Path, members: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def unpacked(folder: Path, members: Mapping[str, str | bytes], name: str = "2018-01.zip") -> dict[str, str]:
    """The names and texts of the files that are unpacked, in their order."""
    landed = zipped(folder / name, members)
    return {path.name: path.read_text() for path in unpack(landed, JANUARY, folder / "work", max_bytes=10_000)}


def test_every_csv_is_unpacked_in_the_order_of_the_numbers(tmp_path: Path) -> None:
    members = {f"rides_{number}.csv": str(number) for number in (10, 2, 1)}
    junk = {"__MACOSX/._rides_1.csv": "\0junk", ".hidden.csv": "junk", "readme.txt": "hello", "folder/": ""}
    found = unpacked(tmp_path, members | junk)
    assert list(found.items()) == [("rides_1.csv", "1"), ("rides_2.csv", "2"), ("rides_10.csv", "10")]


def test_nested_archives_are_unpacked_and_deleted(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"rides_2.csv": "2"}).read_bytes()
    middle = zipped(tmp_path / "middle.zip", {"deep/inner.zip": inner}).read_bytes()
    assert unpacked(tmp_path, {"rides_1.csv": "1", "middle.zip": middle}) == {"rides_1.csv": "1", "rides_2.csv": "2"}
    assert list((tmp_path / "work").rglob("*.zip")) == []


def test_of_a_yearly_archive_only_the_month_is_unpacked(tmp_path: Path) -> None:
    members = {"2018/201801-rides.csv": "January", "2018/201802-rides.csv": "February", "2018/2018-01-more.csv": "too"}
    assert list(unpacked(tmp_path, members, "2018.zip")) == ["2018-01-more.csv", "201801-rides.csv"]
    with pytest.raises(BadFile, match=r"2018\.zip contains no CSV file of the month, only 2018/201802-rides\.csv"):
        unpacked(tmp_path, {"2018/201802-rides.csv": "February"}, "2018.zip")


def test_an_undivided_file_is_left_out_where_its_parts_are_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    members = {"201801-rides.csv": "x" * 1000, "201801-rides_1.csv": "x" * 500, "201801-rides_2.csv": "x" * 500}
    assert list(unpacked(tmp_path, members)) == ["201801-rides_1.csv", "201801-rides_2.csv"]
    assert "201801-rides.csv" in caplog.text


def test_a_file_of_another_size_than_the_parts_is_no_copy_of_them(tmp_path: Path) -> None:
    members = {"201801-rides.csv": "x" * 3000, "201801-rides_1.csv": "x" * 500}
    assert len(unpacked(tmp_path, members)) == 2


def test_the_same_file_in_two_folders_is_unpacked_once_and_different_ones_are_refused(tmp_path: Path) -> None:
    assert list(unpacked(tmp_path, {"a/rides_1.csv": "same", "b/rides_1.csv": "same"})) == ["rides_1.csv"]
    (tmp_path / "work").rename(tmp_path / "earlier")
    with pytest.raises(BadFile, match=r"contains two different files named rides_1\.csv"):
        unpacked(tmp_path, {"a/rides_1.csv": "one", "b/rides_1.csv": "other"})


@pytest.mark.parametrize("name", ["../../etc/a.csv", "/etc/a.csv", "a\\..\\..\\b.csv", "C:\\a.csv"])
def test_a_path_outside_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadFile, match="a path outside of its folder"):
        unpacked(tmp_path, {"rides_1.csv": "1", name: "x"})


@pytest.mark.parametrize("members", [{}, {"readme.txt": "hello"}, {"__MACOSX/._a.csv": "junk"}])
def test_an_archive_without_data_is_refused(tmp_path: Path, members: dict[str, str]) -> None:
    with pytest.raises(BadFile, match=r"2018-01\.zip contains no CSV file of the month, only "):
        unpacked(tmp_path, members)


def test_the_limit_holds_for_all_members_together(tmp_path: Path) -> None:
    assert unpacked(tmp_path, {"a_1.csv": "x" * 5000, "a_2.csv": "y" * 5000})
    (tmp_path / "work").rename(tmp_path / "earlier")
    with pytest.raises(BadFile, match=r"unpacks to more than 10,000 bytes"):
        unpacked(tmp_path, {"a_1.csv": "x" * 5000, "a_2.csv": "y" * 5001})


def test_what_is_no_archive_or_damaged_is_refused(tmp_path: Path) -> None:
    landed = tmp_path / "2018-01.zip"
    landed.write_text("not an archive")
    with pytest.raises(BadFile, match=r"2018-01\.zip cannot be unpacked"):
        unpack(landed, JANUARY, tmp_path / "work", max_bytes=10_000)


SHAPES = {f"zones/taxi_zones.{suffix}": suffix for suffix in ("shp", "shx", "dbf", "prj")}


def test_a_shapefile_is_unpacked_by_suffix(tmp_path: Path) -> None:
    landed = zipped(tmp_path / "static.zip", SHAPES | {"zones/taxi_zones.xml": "metadata"})
    parts = unpack_shapefile(landed, tmp_path / "work", max_bytes=100)
    assert {suffix: path.read_text() for suffix, path in parts.items()} == {
        f".{suffix}": suffix for suffix in ("shp", "shx", "dbf", "prj")
    }


def test_an_archive_with_several_shapefiles_or_a_part_of_one_is_refused(tmp_path: Path) -> None:
    part = {name: text for name, text in SHAPES.items() if text != "dbf"}
    with pytest.raises(BadFile, match=r"static\.zip contains no \.dbf"):
        unpack_shapefile(zipped(tmp_path / "static.zip", part), tmp_path / "part", max_bytes=100)
    with pytest.raises(BadFile, match="contains several shapefiles, expected one"):
        unpack_shapefile(
            zipped(tmp_path / "static.zip", SHAPES | {"other/more.shp": "x"}), tmp_path / "both", max_bytes=100
        )
