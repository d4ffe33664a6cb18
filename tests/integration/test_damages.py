"""Damaged months are rejected or reported, sound months are not."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from pipeline.sample.generate import generate
from pipeline.sample.server import serve
from tests.conftest import Workspace, create_once
from tests.integration.damages import AUGUST, DAMAGES, JULY, NOVEMBER, OCTOBER, Damage
from tests.integration.upstream_changes import change_bike_csvs, change_bike_rows, change_taxi_rows, change_weather
from tests.integration.weather_damages import WEATHER_DAMAGES

MONTHS = [date(2024, month, 1) for month in range(4, 12)]
"""Each damaged month has three sound months among the six before it, so that there is a baseline."""
SOURCES = ("yellow_taxi", "green_taxi", "fhv_taxi", "citibike", "citibike_jc")
DAMAGED = (JULY, AUGUST, OCTOBER, NOVEMBER)

JUDGE = """
import sys, luigi
from datetime import date
from pathlib import Path
from pipeline.tasks.month import Judge
months = tuple(date.fromisoformat(month) for month in sys.argv[1].split(","))
sys.exit(not luigi.build([Judge(months=months, sources=tuple(sys.argv[2].split(",")))], local_scheduler=True))
"""


@pytest.fixture(scope="module")
def judged(
    tmp_path_factory: pytest.TempPathFactory, with_project_files: Callable[[Workspace], Workspace]
) -> Iterator[Workspace]:
    """Eight months, four of them damaged in every source, loaded and validated in one run."""

    def make(root: Path) -> None:
        rows = {"yellow_taxi": 6000, "green_taxi": 3000, "fhv_taxi": 3000, "citibike": 6000, "citibike_jc": 3000}
        sources = [*SOURCES, "weather", "taxi_zones", "taxi_zone_polygons"]
        generate(root / "upstream", MONTHS, sources=sources, rows=rows, rows_per_csv=1500)
        with serve(root / "upstream") as upstream:
            workspace = with_project_files(Workspace(root / "data", upstream))
            for damage in [*DAMAGES, *WEATHER_DAMAGES]:
                do(damage, workspace)
            ended = workspace.run("python", "-c", JUDGE, ",".join(map(str, MONTHS)), ",".join(SOURCES))
            assert ended.returncode == 0, ended.stderr

    made = create_once(tmp_path_factory, "damaged", make)
    with serve(made / "upstream") as upstream:
        yield Workspace(made / "data", upstream)


def do(damage: Damage, workspace: Workspace) -> None:
    month = date.fromisoformat(f"{damage.month}-01")
    if damage.source == "weather":
        change_weather(workspace, month, damage.change)
    elif callable(damage.change):
        change_bike_csvs(workspace, damage.source, month, damage.change)
    else:
        rewrite = change_bike_rows if damage.source.startswith("citibike") else change_taxi_rows
        rewrite(workspace, damage.source, month, damage.change)


def findings(workspace: Workspace, month: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((workspace.data / f"quality/{month}.findings.json").read_text())[
        "findings"
    ]
    return found


@pytest.mark.parametrize("damage", [*DAMAGES, *WEATHER_DAMAGES], ids=lambda damage: damage.name)
def test_the_damage_of_a_month_is_found(judged: Workspace, damage: Damage) -> None:
    of_source = {"weather": ("", "")}.get(damage.source, (damage.source,))
    (finding,) = (
        finding
        for finding in findings(judged, damage.month)
        if finding["description"] == damage.description and finding["source"] in of_source
    )
    assert (finding["outcome"], finding["severity"]) == ("fail", damage.severity), finding["sentence"]
    assert damage.excerpt in finding["sentence"]


@pytest.mark.parametrize("month", [f"{month:%Y-%m}" for month in MONTHS if f"{month:%Y-%m}" not in DAMAGED])
def test_a_sound_month_is_not_rejected(judged: Workspace, month: str) -> None:
    assert [
        finding["sentence"]
        for finding in findings(judged, month)
        if finding["outcome"] == "error" or (finding["outcome"], finding["severity"]) == ("fail", "critical")
    ] == []


def test_every_expectation_can_be_evaluated(judged: Workspace) -> None:
    errors = [
        finding["sentence"]
        for month in MONTHS
        for finding in findings(judged, f"{month:%Y-%m}")
        if finding["outcome"] == "error"
    ]
    assert errors == []


def test_the_findings_are_in_the_warehouse(judged: Workspace) -> None:
    rows = judged.query("select strftime(source_month, '%Y-%m'), sentence from quality.findings order by all")
    assert rows == sorted(
        (month, each["sentence"]) for month in (f"{m:%Y-%m}" for m in MONTHS) for each in findings(judged, month)
    )
    assert judged.query("select bool_and(is_latest) from audit.findings") == [(True,)]
