"""The figures of the month's page equal those of MetricFlow on the command line."""

import re
from html import unescape
from pathlib import Path

import duckdb

from tests.conftest import Workspace

MONTH = "2024-01"


def table_of(workspace: Workspace, section: str) -> list[list[str]]:
    """The rows of the tables in a section of the page: the text of each cell."""
    html = (workspace.data / f"reports/{MONTH}.html").read_text()
    (found,) = re.findall(rf'<section aria-labelledby="{section}">(.*?)</section>', html, flags=re.DOTALL)
    rows = re.findall(r"<tr.*?</tr>", found, flags=re.DOTALL)
    return [[text_of(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, flags=re.DOTALL)] for row in rows]


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).replace("−", "-").split())


def query(workspace: Workspace, file: Path, metrics: str, dimension: str) -> list[tuple[object, ...]]:
    args = ("--metrics", metrics, "--group-by", dimension, "--month", MONTH, "--csv", str(file))
    ended = workspace.command("metrics", "query", *args)
    assert ended.returncode == 0, ended.stdout
    return duckdb.execute(f"select {dimension}, {metrics} from '{file}'").fetchall()


def test_trips_times_and_speeds_by_mode_are_those_of_metricflow(finished: Workspace, tmp_path: Path) -> None:
    metrics = "total_trips,median_trip_duration_minutes,median_trip_speed_mph,total_revenue"
    expected = query(finished, tmp_path / "metrics.csv", metrics, "trip__trip_type")
    shown = {line[1]: line for line in table_of(finished, "modes")[1:]}
    assert len(shown) == len(expected) == 3
    for _, trips, minutes, speed, revenue in expected:
        line = shown[f"{trips:,.0f}"]
        assert line[5] == f"{minutes:.1f} min"
        assert line[7] == ("—" if speed is None else f"{speed:.1f} mph")
        assert line[9] == ("—" if revenue is None else f"${revenue:,.0f}")


def test_effects_of_the_weather_are_those_of_metricflow(finished: Workspace, tmp_path: Path) -> None:
    metrics = "rain_effect_pct,rain_effect_low_pct,rain_effect_high_pct"
    expected = query(finished, tmp_path / "metrics.csv", metrics, "weather_effect__trip_type")
    lines = table_of(finished, "effects")
    first = next(index for index, line in enumerate(lines) if line[0].startswith("Rain"))
    shown = {line[2].split(")")[0] for line in lines[first + 1 : first + 4]}
    assert len(expected) == 3
    assert {f"{signed(effect)} ({signed(low)} to {signed(high)}" for _, effect, low, high in expected} == shown


def signed(percent: object) -> str:
    text = f"{percent:+,.0f}"
    return "0%" if text in ("+0", "-0") else f"{text}%"


def test_days_and_zones_add_up_to_the_trips_of_the_month(finished: Workspace) -> None:
    trips = {line[0]: int(line[1].replace(",", "")) for line in table_of(finished, "modes")[1:]}
    for section, first in (("days", 1), ("zones", 2)):
        header, *lines = table_of(finished, section)
        for index, mode in enumerate(header[first:], first):
            assert sum(int(line[index].replace(",", "")) for line in lines) == trips[mode], (section, mode)
