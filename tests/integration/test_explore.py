"""What explore.ask answers in Chromium equals what MetricFlow answers to the same question.

The months have clock changes, and modes that are not loaded: of 2012 there are taxis alone.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import explore, rollup
from pipeline.explore.layout import LAYOUT, Layout
from pipeline.metrics.conditions import CONDITIONS
from pipeline.metrics.export import EFFECTS_OF_MONTH, create_rollup, create_views_of_month
from pipeline.metrics.metricflow import compile_query, engine_of
from pipeline.months import parse_month
from pipeline.semantics import Semantics, read_semantics
from pipeline.tasks.explore import definitions, modes_and_publishers
from tests.conftest import HERE, Workspace
from tests.integration.test_time import workspace as months_with_clock_changes

pytestmark = pytest.mark.browser

__all__ = ["months_with_clock_changes"]

ASK_JS = HERE / "pipeline/report/explore/ask.js"
MODE, HOURLY_MODE = "trip__trip_type", "hourly__trip_type"
BOROUGH, ZONE = "pickup_location__borough", "pickup_location__zone_name"
BY_EFFECT, ESTIMATED = ["metric_time__month", "weather_effect__trip_type"], ["2024-01", "2024-02", "2024-03"]
SPRING, AUTUMN = ["2024-03"], ["2024-11"]
TAXIS_ALONE, BOTH = ["2012-03", "2012-11"], ["2012-11", "2024-11"]
ALL = ["2012-03", "2012-11", "2020-03", "2020-11", "2024-03", "2024-11"]


Ask = Callable[[Path, Sequence["Question"]], list[Any]]


@dataclass(frozen=True)
class Question:
    """A question in the words of explore.ask."""

    metric: str
    by: Sequence[str] = ()
    months: Sequence[str] = field(default_factory=lambda: ALL)
    where: dict[str, list[Any]] = field(default_factory=dict)

    def asked(self) -> dict[str, Any]:
        return {"metric": self.metric, "by": self.by, "months": self.months, "where": self.where}

    def for_metricflow(self) -> dict[str, Any]:
        """The arguments of the same query of MetricFlow."""
        months = ", ".join(f"'{month}-01'" for month in self.months)
        where = [f"{{{{ TimeDimension('metric_time', 'month') }}}} in ({months})"]
        where += [f"{called(name)} in ({', '.join(map(literal, values))})" for name, values in self.where.items()]
        return {"metric_names": [self.metric], "group_by_names": [*self.by], "where_constraints": where}


QUESTIONS = [
    Question("total_trips"),
    Question("total_trips", [MODE]),
    Question("total_trips", [MODE], BOTH),
    Question("total_trips", ["metric_time__day"], SPRING),
    Question("total_trips", ["metric_time__hour"], SPRING),
    Question("total_trips", ["metric_time__hour", MODE], AUTUMN),
    Question("total_trips", ["metric_time__week", MODE], SPRING),
    Question("total_trips", ["metric_time__month"]),
    Question("total_trips", ["metric_time__quarter", MODE]),
    Question("total_trips", ["metric_time__year"]),
    Question("total_trips", ["date__day_name", "time__hour_of_day"], AUTUMN),
    Question("total_trips", ["weather__temp_category", MODE]),
    Question("total_trips", ["weather__precipitation_type", "weather__temp_category"]),
    Question("total_trips", ["date__holiday_name"], AUTUMN),
    Question("total_trips", [MODE], SPRING, {"date__is_weekend": [True], "time__time_of_day": ["morning", "evening"]}),
    Question("total_trips", ["metric_time__day"], ALL, {MODE: ["citibike"]}),
    Question("fhv_trips", ["metric_time__month"]),
    Question("fhv_trips", ["metric_time__month"], TAXIS_ALONE),
    Question("citibike_mode_share_pct", ["metric_time__month"]),
    Question("yellow_taxi_mode_share_pct", ["date__day_name"]),
    Question("avg_trip_duration_minutes", [MODE]),
    Question("avg_trip_duration_minutes", ["time__hour_of_day", MODE], SPRING),
    Question("avg_trip_distance_miles", ["metric_time__month", MODE]),
    Question("avg_trip_speed_mph", ["time__hour_of_day"]),
    Question("avg_passengers_per_trip", ["date__day_of_week"]),
    Question("total_revenue", ["metric_time__month", MODE]),
    Question("revenue_per_mile", ["metric_time__month"]),
    Question("avg_fare", ["weather__precipitation_type"]),
    Question("avg_yellow_taxi_fare", [MODE]),
    Question("rush_hour_trip_rate", [MODE]),
    Question("avg_weekday_vs_weekend_ratio", [MODE]),
    Question("avg_weekday_vs_weekend_ratio", ["metric_time__month"]),
    Question("rush_hour_vs_non_rush_ratio", ["metric_time__day"], AUTUMN),
    Question("rush_hour_vs_non_rush_ratio", ["time__is_rush_hour"]),
    Question("adverse_weather_trip_rate", ["metric_time__month"]),
    Question("rain_impact_on_trips", ["metric_time__day", MODE], SPRING),
    Question("citibike_trips_good_cycling_weather", ["metric_time__month"]),
    Question("avg_trip_duration_pleasant_weather", ["date__day_name"]),
    Question("trips_per_hour", [HOURLY_MODE]),
    Question("trips_per_hour", ["time__hour_of_day", HOURLY_MODE], SPRING),
    Question("trips_per_rain_hour", ["metric_time__month"]),
    Question("trips_per_dry_hour", ["date__day_name", HOURLY_MODE], AUTUMN),
    Question("rain_hours", ["metric_time__day"], SPRING),
    Question("loaded_hours", ["metric_time__month", HOURLY_MODE]),
    Question("trips_per_hour", ["weather__wind_category"], ALL, {HOURLY_MODE: ["citibike", "fhv"]}),
    Question("total_trips", [BOROUGH, MODE]),
    Question("total_trips", [BOROUGH], SPRING, {"weather__precipitation_type": ["rain", "mixed"]}),
    Question("total_trips", [ZONE, MODE], BOTH),
    Question("total_trips", ["pickup_location", "time__hour_of_day"], SPRING),
    Question("total_trips", [ZONE], AUTUMN, {"date__is_weekend": [True], BOROUGH: ["Manhattan"]}),
    Question("total_trips", ["metric_time__day"], ALL, {"pickup_location": [132, 138]}),
    Question("avg_fare", [BOROUGH, "metric_time__week"], SPRING),
    Question("revenue_per_mile", [ZONE]),
    Question("rush_hour_trip_rate", ["pickup_location__service_zone", MODE]),
    Question("total_revenue", ["dropoff_location__borough", MODE]),
    Question("total_trips", ["start_station__station_name"], AUTUMN),
    Question("avg_trip_duration_minutes", ["trip__member_type", "date__day_name"], ALL, {MODE: ["citibike"]}),
    Question("avg_trip_distance_miles", ["trip__payment_type"], ALL, {MODE: ["yellow_taxi"]}),
    Question("total_trips", ["trip__rideable_type", "time__hour_of_day"], AUTUMN),
    Question("median_trip_duration_minutes", [], SPRING),
    Question("median_trip_duration_minutes", ["metric_time__month", MODE]),
    Question("median_trip_distance_miles", ["metric_time__day"], ALL, {MODE: ["yellow_taxi"]}),
    Question("median_trip_speed_mph", ["time__hour_of_day"], AUTUMN, {MODE: ["yellow_taxi"]}),
    Question("median_trip_duration_minutes", [BOROUGH, MODE], SPRING),
    Question("median_trip_duration_minutes", ["date__day_name", MODE], AUTUMN),
    Question("median_trip_duration_minutes", ["pickup_location", MODE], AUTUMN),
    Question("median_trip_distance_miles", ["weather__precipitation_type", MODE], SPRING),
    Question("median_trip_speed_mph", ["weather__temp_category"], SPRING, {MODE: ["yellow_taxi"]}),
]
EFFECTS = [
    *(Question(f"{one}_effect_pct", BY_EFFECT, ESTIMATED) for one in CONDITIONS),
    Question("rain_effect_low_pct", BY_EFFECT, ESTIMATED),
    Question("snow_effect_high_pct", BY_EFFECT, ESTIMATED),
    Question("rain_effect_pct", [], ESTIMATED),
    Question("rain_effect_pct", ["metric_time__month"], ESTIMATED, {"weather_effect__trip_type": ["citibike"]}),
    Question("effects_of_weather", ["weather_effect__condition"], ESTIMATED),
    Question("trips_per_rain_hour", [HOURLY_MODE], ESTIMATED),
    Question("total_trips", ["metric_time__day", MODE], ESTIMATED),
]
"""About months that are published."""


def called(dimension: str) -> str:
    """A dimension, or the key of an entity, in a condition of MetricFlow."""
    return f"{{{{ {'Dimension' if '__' in dimension else 'Entity'}('{dimension}') }}}}"


def literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


def cubes_of(data: Path, semantics: Semantics, month: str, layout: Layout = LAYOUT) -> dict[str, Any]:
    file = data / "rollup.parquet"
    with duckdb.connect() as con:
        create_views_of_month(con, data / "warehouse/nyc_mobility.duckdb", parse_month(month), EFFECTS_OF_MONTH)
        create_rollup(con, data / "warehouse/nyc_mobility.duckdb", semantics)
        con.execute("use nyc_mobility.core")
        rollup.write(con, rollup.TABLE, file)
        return explore.cubes_of_month(explore.Marts(con, semantics, parse_month(month), layout, file))


@pytest.fixture(scope="module")
def folder(months_with_clock_changes: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the Explore page of months whose marts are built, but not published."""
    folder = tmp_path_factory.mktemp("explore")
    data = months_with_clock_changes.data
    semantics, months = read_semantics(data / "dbt/target/semantic_manifest.json"), []
    for name in ALL:
        cubes = cubes_of(data, semantics, name)
        (folder / f"{name}.js").write_text(explore.month_file(cubes | {"estimates": []}))
        modes = cubes["tables"]["trip_type"]["dimensions"]["trip__trip_type"]["values"]
        months.append({"month": name, "modes": modes, "sources": ["yellow_taxi", "fhv_taxi", "citibike"]})
    catalogue = explore.catalogue(semantics, definitions(), folder, months) | modes_and_publishers(months)
    (folder / "catalogue.js").write_text(explore.catalogue_file(catalogue))
    return folder


@pytest.fixture(scope="module")
def ask(browser: Any) -> Iterator[Ask]:
    """Asks explore.ask about a folder's files, in a page that is opened from the file system and has no network."""
    context = browser.new_context(offline=True)

    def answers(folder: Path, questions: Sequence[Question]) -> list[Any]:
        page = folder.parent / "page.html"
        sources = (ASK_JS.as_uri(), f"{folder.name}/catalogue.js")
        scripts = "".join(f"<script src='{source}'></script>" for source in sources)
        page.write_text(
            f"<!doctype html><title>Explore</title>{scripts}<script>explore.folder = '{folder.name}/';</script>"
        )
        tab = context.new_page()
        tab.goto(page.as_uri())
        script = """async (questions) => {
            const answers = [];
            for (const question of questions) {
                await explore.load(question.months, question);
                answers.push(explore.ask(question));
            }
            return answers;
        }"""
        return list(tab.evaluate(script, [question.asked() for question in questions]))

    yield answers
    context.close()


def metricflow(workspace: Workspace, questions: Sequence[Question]) -> list[dict[tuple[Any, ...], Any]]:
    """Asks MetricFlow: for each question the value of each group, by the group's values."""
    engine = engine_of(json.loads((workspace.data / "dbt/target/semantic_manifest.json").read_text()))
    found = []
    for question in questions:
        sql = compile_query(engine, **question.for_metricflow())
        columns = [f"{name}::varchar" if name.endswith("trip_type") else name for name in question.by]
        rows = workspace.query(f"select {', '.join([*columns, question.metric])} from ({sql})")
        found.append({tuple(map(as_json, question.by, row)): row[-1] for row in rows})
    return found


def as_json(dimension: str, value: Any) -> Any:
    if isinstance(value, datetime) and dimension == "metric_time__hour":
        return value.isoformat()
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else value


def differences(question: Question, answer: Any, expected: dict[tuple[Any, ...], Any]) -> list[str]:
    """The groups whose values differ by more than 1e-9, relatively; groups that only one of the two has."""
    found = {tuple(row[name] for name in question.by): row["value"] for row in answer["rows"]}
    assert len(found) == len(answer["rows"])
    return [
        f"{question} {group}: {found.get(group, 'absent')} is not {expected.get(group, 'absent')}"
        for group in found.keys() | expected.keys()
        if group not in found or group not in expected or not is_same(found[group], expected[group])
    ]


def is_same(value: Any, expected: Any) -> bool:
    if value is None or expected is None:
        return value is expected
    return math.isclose(value, float(expected), rel_tol=1e-9)


def test_every_answer_equals_that_of_metricflow(ask: Ask, folder: Path, months_with_clock_changes: Workspace) -> None:
    answers, expected = ask(folder, QUESTIONS), metricflow(months_with_clock_changes, QUESTIONS)
    assert len(answers) >= 30
    for question, answer, values in zip(QUESTIONS, answers, expected, strict=True):
        assert answer["rows"], f"{question}: {answer['missing']}"
        assert differences(question, answer, values) == []


def test_answers_about_published_months_equal_those_of_metricflow(ask: Ask, finished: Workspace) -> None:
    answers, expected = ask(finished.data / "reports/explore", EFFECTS), metricflow(finished, EFFECTS)
    for question, answer, values in zip(EFFECTS, answers, expected, strict=True):
        assert answer["rows"] and not answer["missing"], f"{question}: {answer['missing']}"
        assert differences(question, answer, values) == []


def test_what_is_missing_is_said_in_place_of_a_value(ask: Ask, folder: Path) -> None:
    questions = [
        Question("total_trips", [MODE], ["2012-03", "2013-01"]),
        Question("citibike_trips", [], ["2012-03"]),
        Question("avg_yellow_taxi_fare", [], ["2012-03"]),
        Question("total_tripz"),
        Question("avg_fare", ["start_station__station_name"], AUTUMN),
        Question("median_trip_duration_minutes", [MODE]),
    ]
    by_mode, citibike, yellow, *without_rows = ask(folder, questions)
    assert [row[MODE] for row in by_mode["rows"]] == ["yellow_taxi"]
    assert by_mode["missing"][0] == "2013-01 is not published."
    assert "Citi Bike: not loaded for 2012-03." in by_mode["missing"]
    assert (citibike["rows"], citibike["missing"]) == ([{"value": None}], ["Citi Bike: not loaded for 2012-03."])
    assert yellow["rows"][0]["value"] > 0 and yellow["missing"] == []
    assert [(answer["rows"], answer["missing"][-1].split(":")[0]) for answer in without_rows] == [
        ([], "There is no metric total_tripz."),
        ([], "There are no data on Mean fare by Start station name."),
        ([], "Medians cannot be combined"),
    ]


def test_a_month_is_smaller_than_half_a_megabyte(finished: Workspace) -> None:
    """A month of 3.6 million yellow taxi, 1.5 million for-hire and 0.5 million bike trips has 0.48 MB (2026-11)."""
    for month in ESTIMATED:
        assert 50_000 < (finished.data / f"reports/explore/{month}.js").stat().st_size < 300_000


def test_a_month_that_is_named_twice_counts_once(ask: Ask, folder: Path) -> None:
    once, twice = ask(folder, [Question("total_trips", [], SPRING), Question("total_trips", [], SPRING * 2)])
    assert once["rows"] == twice["rows"] and once["rows"][0]["value"] > 0


def test_every_metric_can_be_calculated_in_a_browser(folder: Path) -> None:
    script = (folder / "catalogue.js").read_text()
    catalogue = json.loads(script.removeprefix("explore.catalogue(").removesuffix(");\n"))
    assert catalogue["not_covered"] == {}
    assert catalogue["metrics"].keys() == definitions().keys()
