"""Paths of stages, and files that are written completely or not at all."""

import errno
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import BadInput, NoSpace
from pipeline.paths import (
    append_line,
    atomic_write,
    atomic_write_tree,
    data_folder,
    delete,
    digest_of_files,
    disk_error_of,
    path_for,
)
from pipeline.project import HERE


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    return tmp_path


def test_a_path_has_the_stage_the_source_and_the_month(data: Path) -> None:
    assert path_for("landing", date(2024, 1, 1), ".json", "citibike") == data / "landing/citibike/2024-01.json"
    assert path_for("landing", "2023", ".zip", "citibike") == data / "landing/citibike/2023.zip"
    assert path_for("complete", date(2024, 1, 1), ".json") == data / "complete/2024-01.json"


def test_the_data_folder_is_absolute_and_data_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOBILITY_DATA", "else where/data")
    assert data_folder() == tmp_path / "else where/data"
    monkeypatch.setenv("MOBILITY_DATA", "")
    assert data_folder() == HERE / "data", "that of the checkout, wherever a command is run"


@pytest.mark.parametrize(
    "name", ["a?b", "a\\b", "a\nb", "a\tb", "a\x7fb", "a\udcffb", "n" * 300, "/".join(["n" * 200] * 18)]
)
def test_a_data_folder_whose_path_cannot_be_used_is_refused_in_one_line(
    data: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(data / name))
    with pytest.raises(BadInput, match=r"^MOBILITY_DATA .*; choose another folder$") as refused:
        data_folder()
    assert str(refused.value).isprintable()


def test_a_data_folder_that_is_not_a_folder_is_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "file").write_text("no folder")
    (data / "loop").symlink_to(data / "loop")
    for name, reason in {"file": "not a folder", "file/below": "Not a directory", "loop": "symbolic links"}.items():
        monkeypatch.setenv("MOBILITY_DATA", str(data / name))
        with pytest.raises(BadInput, match=reason):
            data_folder()


def test_a_file_is_written_into_a_new_folder_and_replaces_an_earlier_one(data: Path) -> None:
    for text in ("first", "second"):
        with atomic_write(data / "a/b/file") as part:
            part.write_text(text)
            assert part.parent == data / "a/b", "the rename stays within one file system"
        assert (data / "a/b/file").read_text() == text
    assert [path.name for path in (data / "a/b").iterdir()] == ["file"]


def test_a_file_whose_writing_fails_leaves_nothing(data: Path) -> None:
    with pytest.raises(ValueError, match="half way"), atomic_write(data / "a/file") as part:
        part.write_text("half")
        raise ValueError("half way")
    assert list((data / "a").iterdir()) == []


def test_a_file_whose_writing_fails_leaves_the_earlier_one(data: Path) -> None:
    (data / "file").write_text("earlier")
    with pytest.raises(ValueError, match="half way"), atomic_write(data / "file") as part:
        part.write_text("half")
        raise ValueError("half way")
    assert (data / "file").read_text() == "earlier"


def test_a_folder_that_cannot_be_written_is_reported_with_its_path(data: Path) -> None:
    (data / "file").write_text("no folder")
    message = r"cannot be written \(.*\); make it writable, or choose another MOBILITY_DATA"
    with pytest.raises(NoSpace, match=message), atomic_write(data / "file/below") as part:
        part.write_text("x")


def test_a_full_disk_is_reported_with_what_is_free_of_it(data: Path) -> None:
    (data / ".file.part").symlink_to("/dev/full")
    message = r"/file: cannot be written \(No space left on device\); the disk of .* is full \([\d,.]+ MB are free\)"
    with pytest.raises(NoSpace, match=message), atomic_write(data / "file") as part:
        part.write_text("x")
    assert list(data.iterdir()) == []


def test_only_errors_of_the_data_folders_disk_are_those_of_a_full_disk(data: Path) -> None:
    def message(error: OSError) -> str:
        return str(disk_error_of(error)).split(" (")[0]

    assert message(OSError(errno.ENOSPC, "full")) == f"{data}: cannot be written"
    assert message(OSError(errno.ENOSPC, "full", str(data / "a"))) == f"{data}/a: cannot be written"
    assert message(OSError(errno.EACCES, "denied", "/elsewhere")) == "None"
    assert message(ConnectionRefusedError(errno.ECONNREFUSED, "refused")) == "None"


def test_a_line_is_appended_completely_or_not_at_all(data: Path) -> None:
    append_line(data / "a/lines", "é")
    append_line(data / "a/lines", "2")
    assert (data / "a/lines").read_text() == "é\n2\n"
    (data / "full").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        append_line(data / "full", "x")


def test_a_tree_is_written_completely_or_not_at_all(data: Path) -> None:
    (data / "t").mkdir()
    (data / "t/earlier").write_text("1")
    with pytest.raises(ValueError, match="half way"), atomic_write_tree(data / "t") as folder:
        (folder / "new").write_text("2")
        raise ValueError("half way")
    assert [path.name for path in (data / "t").iterdir()] == ["earlier"]
    with atomic_write_tree(data / "t") as folder:
        (folder / "sub").mkdir()
        (folder / "sub/new").write_text("2")
    assert sorted(str(path.relative_to(data / "t")) for path in (data / "t").rglob("*")) == [
        "earlier",
        "sub",
        "sub/new",
    ]


def test_a_tree_that_another_process_left_unfinished_is_not_published(data: Path) -> None:
    (data / "t/.part").mkdir(parents=True)
    (data / "t/.part/left").write_text("of a process that was killed")
    with atomic_write_tree(data / "t") as folder:
        (folder / "new").write_text("1")
    assert [path.name for path in (data / "t").iterdir()] == ["new"]


def test_a_folder_in_the_place_of_a_file_is_kept_and_the_file_is_written(data: Path) -> None:
    path = path_for("landing", "2024-01", ".csv")
    for content in ("kept", "kept as well"):
        path.mkdir(parents=True)
        (path / content).touch()
        with atomic_write(path) as part:
            part.write_text("rows")
        assert path.read_text() == "rows" and delete(path)
    assert {str(file.relative_to(path.parent)) for file in path.parent.rglob("kept*")} == {
        "2024-01.csv.unreadable/kept",
        "2024-01.csv1.unreadable/kept as well",
    }


def test_delete_returns_whether_the_file_existed(data: Path) -> None:
    (data / "file").write_text("x")
    assert delete(data / "file")
    assert not (data / "file").exists()
    assert not delete(data / "file")
    (data / "file").write_text("no folder")
    assert not delete(data / "file/below")


def test_a_digest_of_files_depends_on_their_contents_and_not_on_their_order(data: Path) -> None:
    for name, text in (("one", "1"), ("two", "2"), ("copy_of_two", "2"), ("three", "3")):
        (data / name).write_text(text)
    one, two, copy, three = (data / name for name in ("one", "two", "copy_of_two", "three"))
    assert digest_of_files(one, two) == digest_of_files(two, one)
    assert digest_of_files(two) == digest_of_files(copy) != digest_of_files(three)
