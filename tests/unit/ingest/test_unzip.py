"""Real archives: which members are unpacked, in which order, and what is refused."""

import logging
import zipfile
from collections.abc import Callable, Mapping
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


def unpacked(
    folder: Path, members: Mapping[str, str | bytes], name: str = "2018-01.zip", max_bytes: int = 10_000
) -> dict[str, str]:
    """The names and texts of the files that are unpacked, in their order."""
    landed = zipped(folder / name, members)
    return {path.name: path.read_text() for path in unpack(landed, JANUARY, folder / "work", max_bytes=max_bytes)}


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
    members = {
        "201801-rides.csv": "id,place\r\n1,a\r\n2,b\r\n3,c\r\n4,d\r\n",
        "201801-rides_1.csv": 'id,place\n1,"a"\n2,"b"\n3,"c"\n',
        "201801-rides_2.csv": 'id,place\n4,"d"',
    }
    assert list(unpacked(tmp_path, members)) == ["201801-rides_1.csv", "201801-rides_2.csv"]
    assert "201801-rides.csv" in caplog.text


def test_two_archives_in_one_file_are_refused(tmp_path: Path) -> None:
    first, second = (zipped(tmp_path / name, {name: "ride"}).read_bytes() for name in ("1.csv", "2.csv"))
    (tmp_path / "2024-01.zip").write_bytes(first + second)
    line = f"2024-01.zip has {len(first)} bytes before the first file of its list, expected none"
    with pytest.raises(BadFile, match=line):
        unpack(tmp_path / "2024-01.zip", date(2024, 1, 1), tmp_path / "out", 1000)


def with_parts(folder: Path, archive: str, undivided: str, *parts: str) -> list[str]:
    members = {f"201801-rides_{number}.csv": text for number, text in enumerate(parts, start=1)}
    folder.mkdir(exist_ok=True)
    return list(unpacked(folder, members | {"201801-rides.csv": undivided}, archive))


@pytest.mark.parametrize("archive", ["2018-01.zip", "2018.zip"])
@pytest.mark.parametrize(
    ("undivided", "parts"),
    [("id\n1\n2\n3\n4\n", ["id\n1\n2\n", "id\n3\n"]), ("id\n1\n", ["id\n"]), ("id\r9\r", ["id\r1\r2\r", "id\r3\r"])],
    ids=["a row more", "an empty part", "old line ends"],
)
def test_a_file_with_more_or_fewer_rows_than_the_parts_is_no_copy_of_them(
    tmp_path: Path, archive: str, undivided: str, parts: list[str]
) -> None:
    assert len(with_parts(tmp_path, archive, undivided, *parts)) == len(parts) + 1


@pytest.mark.parametrize("undivided", ["id\n1\n2\n3\n", "id\n2\n4\n6\n"])
def test_as_many_other_rows_are_refused_in_a_monthly_archive_and_a_copy_in_a_yearly_one(
    tmp_path: Path, undivided: str
) -> None:
    with pytest.raises(
        BadFile, match=r"2018-01\.zip contains 201801-rides\.csv with 3 rows and its parts with 3 rows, of"
    ):
        with_parts(tmp_path / "month", "2018-01.zip", undivided, "id\n1\n2\n", "id\n4\n")
    found = with_parts(tmp_path / "year", "2018.zip", undivided, "id\n1\n2\n", "id\n4\n")
    assert found == ["201801-rides_1.csv", "201801-rides_2.csv"]


def test_nearly_as_many_rows_are_refused(tmp_path: Path) -> None:
    rows = [f"{number}\n" for number in range(1000)]
    with pytest.raises(BadFile, match=r"with 1,000 rows and its parts with 999 rows"):
        with_parts(tmp_path, "2018.zip", "".join(["id\n", *rows]), "".join(["id\n", *rows[:999]]))


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


def test_names_are_stored_without_characters_that_a_path_gives_a_meaning(tmp_path: Path) -> None:
    assert list(unpacked(tmp_path, {"rides [1]*?_1.csv": "1", "rides\n\x1b²_2.csv": "2"})) == [
        "rides _1____1.csv",
        "rides__²_2.csv",
    ]


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "é" * 150 + ".csv", "x" * 60_000])
def test_a_long_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        BadFile, match=r"2018-01\.zip contains '[xé]{40}'…, a name of [\d,]+ bytes, expected at most 200"
    ):
        unpacked(tmp_path, {name: "1"})


def test_many_files_are_refused_before_any_is_unpacked(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"2018-01\.zip contains 20,000 files, expected at most 2,000 with those of"):
        unpacked(tmp_path, {f"{number}.csv": "" for number in range(20_000)})
    assert not (tmp_path / "work").exists()


def test_the_files_of_archives_within_an_archive_count_together(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {f"{number}.txt": "" for number in range(700)}).read_bytes()
    with pytest.raises(BadFile, match=r"c\.zip contains 700 files, expected at most 2,000"):
        unpacked(tmp_path, dict.fromkeys(("a.zip", "b.zip", "c.zip"), inner), max_bytes=1_000_000)


def test_deeply_nested_archives_are_refused(tmp_path: Path) -> None:
    content = zipped(tmp_path / "inner.zip", {"rides.csv": "1"}).read_bytes()
    for depth in range(300):
        if depth == 3:
            assert unpacked(tmp_path, {"a.zip": content}) == {"rides.csv": "1"}
        content = zipped(tmp_path / "inner.zip", {"a.zip": content}).read_bytes()
    (tmp_path / "work").rename(tmp_path / "earlier")
    with pytest.raises(BadFile, match=r"a\.zip is nested in 5 archives, expected at most 4"):
        unpacked(tmp_path, {"a.zip": content}, max_bytes=1_000_000)


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    landed = zipped(tmp_path / "2018-01.zip", {"rides.csv": "ride_id\n" + "x" * 5_000_000})
    with pytest.raises(BadFile, match=r"2018-01\.zip: rides\.csv has a line of more than 2,000,000 bytes"):
        unpack(landed, JANUARY, tmp_path / "work", max_bytes=10**9)


def test_a_file_that_unpacks_to_much_more_than_its_size_is_refused(tmp_path: Path) -> None:
    landed = zipped(tmp_path / "2018-01.zip", {"rides.csv": b"1\n" * 50_500_000})
    with pytest.raises(
        BadFile, match=r"unpacks to 100,\d{3},\d{3} bytes or more, 200 times the 98,\d{3} bytes of the pub"
    ):
        unpack(landed, JANUARY, tmp_path / "work", max_bytes=10**9)


@pytest.mark.parametrize(
    ("method", "flags", "how"),
    [
        (9, 0, "packed by Deflate64"),
        (98, 0, "packed by PPMd"),
        (93, 0, "packed by Zstandard"),
        (77, 0, "packed by method 77"),
        (8, 1, r"encrypted \(Deflate\)"),
        (99, 1, r"encrypted \(AES encryption\)"),
    ],
)
def test_a_method_that_python_does_not_know_is_named(tmp_path: Path, method: int, flags: int, how: str) -> None:
    landed = zipped(tmp_path / "2018-01.zip", {"rides.csv": "1"})
    content = bytearray(landed.read_bytes())
    directory = content.index(b"PK\x01\x02")
    for flag_at, method_at in ((6, 8), (directory + 8, directory + 10)):
        content[flag_at : flag_at + 2] = flags.to_bytes(2, "little")
        content[method_at : method_at + 2] = method.to_bytes(2, "little")
    landed.write_bytes(content)
    message = rf"2018-01\.zip: rides\.csv is {how}, which Python cannot unpack; ask the publisher .*docs/settings\.md"
    with pytest.raises(BadFile, match=message):
        unpack(landed, JANUARY, tmp_path / "work", max_bytes=10_000)


@pytest.mark.parametrize("flags", [0x20, 0x40])
def test_a_file_that_is_a_patch_or_strongly_encrypted_is_named(tmp_path: Path, flags: int) -> None:
    content = bytearray(zipped(tmp_path / "2018-01.zip", {"rides.csv": "1"}).read_bytes())
    for at in (6, content.index(b"PK\x01\x02") + 8):
        content[at] = flags
    (tmp_path / "2018-01.zip").write_bytes(content)
    how = "a patch of another file" if flags == 0x20 else r"encrypted \(Deflate\)"
    with pytest.raises(BadFile, match=rf"2018-01\.zip: rides\.csv is {how}, which Python cannot unpack"):
        unpack(tmp_path / "2018-01.zip", JANUARY, tmp_path / "work", max_bytes=10_000)


LIST = "the list of its files, at its end, is damaged or incomplete"
BEGIN = "rides.csv does not begin where the list of files says"
BYTES = "the bytes of rides.csv are damaged: they end early, or do not give what was packed (checksum)"


def at_end(content: bytes, offset: int, value: int) -> bytes:
    """Another value at an offset of the record that ends the archive."""
    end = content.rindex(b"PK\x05\x06") + offset
    return content[:end] + value.to_bytes(4, "little") + content[end + 4 :]


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda _: b"not an archive", LIST),
        (lambda content: content[:-100], LIST),
        (lambda content: at_end(content, 16, 2**31), BEGIN),
        (lambda content: content[:40] + content[90:], BEGIN),
        (lambda content: at_end(content, 12, 10), LIST),
        (lambda content: content.replace(b"PK\x01\x02", b"PK\x01\x00"), LIST),
        (lambda content: content.replace(b"PK\x03\x04", b"PK\x03\x00"), BEGIN),
        (lambda content: content.replace(b"rides.csv", b"other.csv", 1), BEGIN),
        (lambda content: content[:50] + bytes(20) + content[70:], BYTES),
    ],
    ids=range(9),
)
@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=str
)
def test_the_damaged_part_of_an_archive_is_named(
    tmp_path: Path, method: int, damage: Callable[[bytes], bytes], what: str
) -> None:
    landed = tmp_path / "2018-01.zip"
    with zipfile.ZipFile(landed, "w", compression=method) as archive:
        archive.writestr("rides.csv", "".join(f"ride {number}\n" for number in range(100)))
    landed.write_bytes(damage(landed.read_bytes()))
    with pytest.raises(BadFile) as refused:
        unpack(landed, JANUARY, tmp_path / "work", max_bytes=10_000)
    assert str(refused.value) == f"2018-01.zip cannot be unpacked: {what}"


SHAPES = {f"zones/taxi_zones.{suffix}": suffix for suffix in ("shp", "shx", "dbf", "prj")}


@pytest.mark.parametrize("lost", [1, 5])
def test_an_archive_that_ends_within_its_comment_is_refused(tmp_path: Path, lost: int) -> None:
    landed = zipped(tmp_path / "2018-01.zip", {"rides.csv": "1"})
    with zipfile.ZipFile(landed, "a") as archive:
        archive.comment = b"comment"
    landed.write_bytes(landed.read_bytes()[:-lost])
    with pytest.raises(BadFile, match="the list of its files, at its end, is damaged or incomplete"):
        unpack(landed, JANUARY, tmp_path / "work", max_bytes=10_000)


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
