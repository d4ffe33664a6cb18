"""A yearly archive stays while a month needs it, also where the publisher adds the file of one month."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipeline.sample.generate import generate
from pipeline.sample.server import serve
from tests.conftest import Workspace, create_once
from tests.faults.contents import verified
from tests.faults.killing import FILE, Kill, killed, luigi, run
from tests.faults.scenarios import AGREES

MAY, JUNE = date(2023, 5, 1), date(2023, 6, 1)
ADDED = "tripdata/202305-citibike-tripdata.zip"
CHECK = luigi("Refresh", "--newest-months", str(12 * (date.today().year - 2023) + date.today().month - 5))


def download(month: date) -> tuple[str, ...]:
    return luigi("Download", "--source", "citibike", "--month", f"{month:%Y-%m}")


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Two months that were downloaded as one archive, of which the publisher then adds a file of its own for one."""

    def make(folder: Path) -> None:
        upstream = folder / "upstream"
        generate(upstream, [MAY, JUNE], sources=["citibike"], rows={"citibike": 200})
        with serve(upstream) as server:
            workspace = Workspace(folder / "data", server)
            for month in (MAY, JUNE):
                run(workspace, download(month))
        generate(folder / "added", [MAY], sources=["citibike"], rows={"citibike": 100})
        shutil.copy(folder / "added/tripdata/2023-citibike-tripdata.zip", upstream / ADDED)

    folder = create_once(tmp_path_factory, "yearly-archive", make)
    with serve(folder / "upstream") as server:
        yield Workspace(folder / "data", server)


def files_and_receipts(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in (workspace.data / "landing/citibike").iterdir())


def test_a_file_that_is_added_for_one_month_replaces_the_archive_for_that_month_alone(
    landed: Workspace, tmp_path: Path
) -> None:
    assert files_and_receipts(landed) == ["2023-05.json", "2023-06.json", "2023.json", "2023.zip"]
    assert is_killed_and_then_completes(landed, tmp_path / "data", number=2)


@pytest.mark.long
def test_a_check_that_is_killed_at_any_change_of_a_file_is_completed_by_the_next(
    landed: Workspace, tmp_path: Path
) -> None:
    number = 1
    while is_killed_and_then_completes(landed, tmp_path / str(number), number):
        number += 1
    assert number > 4, "the new file, its receipt and the marks of the check are written one after the other"


def is_killed_and_then_completes(landed: Workspace, data: Path, number: int) -> bool:
    """Whether there is a change of a file of this number in the check, which is killed there and run again."""
    shutil.copytree(landed.data, data)
    workspace = Workspace(data, landed.upstream)
    was_killed = killed(workspace, Kill(FILE, nth=number), CHECK)
    for command in (CHECK, download(MAY), download(JUNE)) if was_killed else ():
        run(workspace, command)
    found = [name for name in files_and_receipts(workspace) if not name.startswith(".")]
    assert found == ["2023-05.json", "2023-05.zip", "2023-06.json", "2023.json", "2023.zip"], f"change {number}"
    assert verified(workspace).startswith(AGREES), f"change {number}"
    return was_killed


def test_an_archive_that_no_month_needs_is_deleted_with_its_receipt(landed: Workspace, tmp_path: Path) -> None:
    shutil.copytree(landed.data, tmp_path / "data")
    workspace = Workspace(tmp_path / "data", landed.upstream)
    run(workspace, ("pipeline", "forget", "2023-06", "--source", "citibike"))
    run(workspace, CHECK)
    assert files_and_receipts(workspace) == ["2023-05.json", "2023-05.zip"]
