"""Months that come, files that are re-issued and runs that nobody looks at: what timers call."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipeline.sample.generate import generate
from pipeline.sample.serve import running
from pipeline.sources import month_beside, sources
from tests.conftest import Place

THIS = date.today().replace(day=1)
FHV = "landing/fhv_taxi/2024-02"


def names(*distances: int) -> list[str]:
    return [f"{month_beside(THIS, distance):%Y-%m}" for distance in distances]


def test_catchup_asks_only_for_what_may_be_there_and_says_what_is_late(place: Place) -> None:
    four_ago, *_, this = names(-4, -3, -2, -1, 0)
    words = ("catchup", "--start", four_ago, "--sources", "yellow_taxi,citibike")
    ended = place.verb(*words)
    assert ended.returncode == 20, ended.stderr
    asked = {asked for asked in place.asked("HEAD") if "tripdata" in asked}
    assert not [path for path in asked if this in path or this.replace("-", "") in path], "it cannot be there yet"
    assert any(f"yellow_tripdata_{four_ago}" in path for path in asked)
    latest = sources()["yellow_taxi"].expected(month_beside(THIS, -4))[1]
    assert f"{four_ago} yellow_taxi: late, as a rule there by {latest}" in ended.stdout
    assert f"{this} yellow_taxi: not asked for, expected from" in ended.stdout
    assert {"source": "yellow_taxi", "month": four_ago} in json.loads(
        (place.data / "runs/last_catchup.json").read_text()
    )["missing"]


def test_catchup_brings_in_the_sources_of_a_month_that_waits_for_another(tmp_path: Path) -> None:
    """Bikes are there within days; the taxis of that month cannot be."""
    early = month_beside(THIS, -2 if date.today().day < 10 else -1)
    if sources()["yellow_taxi"].expected(early)[0] <= date.today():
        pytest.skip("today the taxis of that month may be there")
    generate(tmp_path / "up", [early], sources=["citibike", "weather", "taxi_zones"], scale=0.02)
    with running(tmp_path / "up") as upstream:
        place = Place(tmp_path / "data", upstream)
        ended = place.verb("catchup", "--start", f"{early:%Y-%m}", "--sources", "yellow_taxi,citibike")
    assert ended.returncode == 0, "nothing that could be there is missing: " + ended.stderr
    assert place.query("select distinct source_month from raw_data.citibike") == [(early,)]
    assert not (place.data / "published").exists(), "a month without its taxis is not published"


def test_nothing_is_fetched_or_made_where_nothing_was_reissued(copy_of: Callable[[], Place]) -> None:
    place = copy_of()
    before = len(place.upstream.requests)
    ended = place.verb("refresh", "--months", "100")
    assert ended.returncode == 0, ended.stderr
    asked = place.upstream.requests[before:]
    assert {request.method for request in asked} == {"HEAD"}
    unchanged = [request.path for request in asked if request.status == 304]
    assert len(unchanged) == 3 * 3 + 2, "every trip file and both of the zones; weather that old is not revised"
    assert re.findall(r"INFO    (\S+) made in", ended.stderr) == ["runs/refresh"]


def test_a_reissued_file_replaces_its_month_and_nothing_else_and_leaves_its_provenance(
    copy_of: Callable[[], Place], tmp_path: Path
) -> None:
    place = copy_of()
    earlier = json.loads((place.data / f"{FHV}.json").read_text())
    others = "select trip_id from core.fct_trips where source_month <> '2024-02-01' order by 1"
    before = place.query(others)
    generate(tmp_path / "again", [date(2024, 2, 1)], sources=["fhv_taxi"], scale=0.1, seed=7)
    reissued = (tmp_path / "again/trip-data/fhv_tripdata_2024-02.parquet").read_bytes()
    root = tmp_path / "root"
    root.mkdir()
    for path in place.upstream.root.iterdir():
        (root / path.name).symlink_to(path)
    (root / "trip-data").unlink()
    (root / "trip-data").mkdir()
    for path in (place.upstream.root / "trip-data").iterdir():
        (root / "trip-data" / path.name).write_bytes(path.read_bytes())
    (root / "trip-data/fhv_tripdata_2024-02.parquet").write_bytes(reissued)
    with running(root) as upstream:
        there = Place(place.data, upstream)
        ended = there.verb("refresh", "--months", "100")
        assert ended.returncode == 0, ended.stderr
        assert there.asked("GET") == ["trip-data/fhv_tripdata_2024-02.parquet"]
    made = set(re.findall(r"INFO    (\S+) made in", ended.stderr)) - {"runs/refresh"}
    assert made and {name for name in made if "2024-02" not in name} == set()
    assert place.query(others) == before
    assert (place.data / f"{FHV}.parquet").read_bytes() == reissued
    history = place.query("""
        select sha256, is_current, replaced_at is not null from audit.file_history
        where source = 'fhv_taxi' and source_month = '2024-02-01' order by loaded_at
    """)
    now = json.loads((place.data / f"{FHV}.json").read_text())
    assert history == [(earlier["sha256"], False, True), (now["sha256"], True, False)]
    assert place.verb("verify").returncode == 0
