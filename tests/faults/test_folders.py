"""Data folders with unusual paths hold the same as any other, or are refused in one line."""

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipeline.database import file_argument
from tests.conftest import Workspace

ODD = """w*[x] 100%d #e ${HOME} $X 'f' "g" ñ {h,i} & ; ~ ! ( |/rideable_type=x/start_lng=0"""
"""DuckDB, Luigi, Great Expectations, Jinja, SQLAlchemy and shells give these characters a meaning."""
SIBLING = ODD.replace("*[x]", "Xx")
"""A folder that the odd one matches as a pattern."""


def test_rows_in_a_folder_with_an_odd_path_are_those_of_the_published_file(
    workspace: Workspace, tmp_path: Path
) -> None:
    load_beside_its_sibling(Workspace(tmp_path / ODD, workspace.upstream), tmp_path)


@pytest.mark.long
def test_a_month_in_a_folder_with_an_odd_path_has_the_published_values(
    workspace: Workspace, with_project_files: Callable[[Workspace], Workspace], tmp_path: Path
) -> None:
    odd = with_project_files(Workspace(tmp_path / ODD, workspace.upstream))
    load_beside_its_sibling(odd, tmp_path)
    ended = odd.run_month("2024-01", "--sources", "citibike_jc,weather")
    assert ended.returncode == 0, ended.stderr
    facts = odd.query("select count(*), count(distinct rideable_type) from core.fct_trips")
    with duckdb.connect() as con:
        path = file_argument(odd.data / "published/fct_trips/month=2024-01/fct_trips.parquet")
        published = f"select count(*), count(distinct rideable_type) from read_parquet({path})"
        assert con.execute(published).fetchall() == facts
    assert "all receipts agree" in odd.command("verify").stdout
    for words in (("status",), ("report", "2024-01"), ("metrics", "query", "--metrics", "total_trips")):
        ended = odd.command(*words)
        assert ended.returncode == 0, ended.stderr


def load_beside_its_sibling(odd: Workspace, tmp_path: Path) -> None:
    """Loads the same file into both folders: the odd one has its own rows alone."""
    for folder in (odd, Workspace(tmp_path / SIBLING, odd.upstream)):
        assert folder.luigi("Load", "--source", "citibike_jc", "--month", "2024-01").returncode == 0
    columns = "ride_id, rideable_type, start_lng"
    assert odd.query(f"select {columns} from raw_data.citibike_jc order by all") == rides(odd.upstream.root)


def rides(upstream: Path) -> list[tuple[str, str, float]]:
    """The rides as the publisher's archive has them, sorted."""
    with zipfile.ZipFile(upstream / "tripdata/JC-202401-citibike-tripdata.csv.zip") as archive:
        lines = [archive.read(name).decode().splitlines() for name in archive.namelist() if "MACOSX" not in name]
    return sorted(
        (row["ride_id"], row["rideable_type"], float(row["start_lng"]))
        for file in lines
        for row in csv.DictReader(file)
    )


@pytest.mark.parametrize("command", [("month", "2024-01"), ("status",), ("health",)])
@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("a?b", "has '?'; DuckDB opens no database in a path with ?, \\ or a control character"),
        ("a file", "not a folder that can be read"),
        ("a file/below", "Not a directory"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_in_one_line(
    workspace: Workspace, command: tuple[str, ...], folder: str, reason: str
) -> None:
    workspace.data.mkdir()
    (workspace.data / "a file").write_text("kept")
    ended = Workspace(workspace.data / folder, workspace.upstream).command(*command)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: MOBILITY_DATA ") and len(ended.stderr.splitlines()) == 1
    assert reason in ended.stderr and ended.stderr.endswith("choose another folder\n")
    assert workspace.files() == {"a file"}
