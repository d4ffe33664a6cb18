"""The month's page against what MetricFlow gives on the command line: they cannot disagree."""

import re
from html import unescape
from pathlib import Path

import duckdb

from tests.conftest import Place

MONTH = "2024-01"


def lines_of(place: Place, section: str) -> list[list[str]]:
    """The cells of each table row in a section of the page, as text."""
    html = (place.data / f"reports/{MONTH}.html").read_text()
    (found,) = re.findall(rf'<section aria-labelledby="{section}">(.*?)</section>', html, flags=re.DOTALL)
    rows = re.findall(r"<tr.*?</tr>", found, flags=re.DOTALL)
    return [[plain(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, flags=re.DOTALL)] for row in rows]


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).replace("−", "-").split())


def asked(place: Place, given: Path, metrics: str, by: str) -> list[tuple[object, ...]]:
    words = ("--metrics", metrics, "--group-by", by, "--month", MONTH, "--csv", str(given))
    ended = place.verb("metrics", "query", *words)
    assert ended.returncode == 0, ended.stdout
    return duckdb.execute(f"select {by}, {metrics} from '{given}'").fetchall()


def test_trips_time_and_speed_of_each_mode_are_those_of_mf_query(finished: Place, tmp_path: Path) -> None:
    metrics = "total_trips,median_trip_duration_minutes,median_trip_speed_mph,total_revenue"
    wanted = asked(finished, tmp_path / "given.csv", metrics, "trip__trip_type")
    shown = {line[1]: line for line in lines_of(finished, "modes")[1:]}
    assert len(shown) == len(wanted) == 3
    for _, trips, minutes, speed, revenue in wanted:
        line = shown[f"{trips:,.0f}"]
        assert line[5] == f"{minutes:.1f} min"
        assert line[7] == ("not known" if speed is None else f"{speed:.1f} mph")
        assert line[9] == ("not known" if revenue is None else f"${revenue:,.0f}")


def test_effects_of_the_weather_are_those_of_mf_query(finished: Place, tmp_path: Path) -> None:
    metrics = "rain_effect_pct,rain_effect_low_pct,rain_effect_high_pct"
    wanted = asked(finished, tmp_path / "given.csv", metrics, "weather_effect__trip_type")
    lines = lines_of(finished, "effects")
    first = next(place for place, line in enumerate(lines) if line[0].startswith("Rain"))
    shown = {line[2].rsplit(" ", 4)[0] for line in lines[first + 1 : first + 4]}
    assert len(wanted) == 3
    assert {f"{signed(effect)} % ({signed(low)} to {signed(high)})" for _, effect, low, high in wanted} == shown


def signed(percent: object) -> str:
    text = f"{percent:+,.0f}"
    return "0" if text in ("+0", "-0") else text


def test_days_hours_and_zones_add_up_to_the_trips_of_the_month(finished: Place) -> None:
    trips = {line[0]: int(line[1].replace(",", "")) for line in lines_of(finished, "modes")[1:]}
    for section, first in (("days", 1), ("zones", 2)):
        header, *lines = lines_of(finished, section)
        for place, mode in enumerate(header[first:], first):
            assert sum(int(line[place].replace(",", "")) for line in lines) == trips[mode], (section, mode)
