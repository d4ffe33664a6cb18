"""Suites: which sources they apply to, and that the project's own cover every model and source."""

from dataclasses import replace

import pytest

from pipeline.project import CONFIG
from pipeline.quality import suites as suites_module
from pipeline.quality.suite_files import read_suite, read_suites
from pipeline.quality.suites import Suite
from pipeline.sources import sources
from tests.unit.quality.small_warehouse import WriteSuite, one

EXISTS = "expectation: expect_column_to_exist, column: a"
TRIP_SOURCES = sorted(name for name, source in sources().items() if source.kind == "trips")
BY_SOURCE = ["fct_trips__by_source", "month_profile"]
"""Suites that are evaluated for every source of trips."""


def project_suites() -> dict[str, Suite]:
    return read_suites(CONFIG / "expectations")


def test_sources_are_selected_by_name_or_by_the_fields_of_their_yaml(write_suite: WriteSuite) -> None:
    text = one("critical", f"{EXISTS}, except_sources: {{publisher: citibike}}") + "sources: {kind: trips}\n"
    suite = read_suite(write_suite(text) / "fct_trips.yaml")
    assert sorted(suite.sources) == TRIP_SOURCES
    assert [name for name in suite.sources if suite.of(name)] == [
        name for name in suite.sources if not name.startswith("citibike")
    ]


def test_a_new_source_without_a_suite_of_its_own_is_evaluated_by_the_suites_by_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trial = replace(sources()["yellow_taxi"], name="trial_taxi", trip_type="trial")
    monkeypatch.setattr(suites_module, "sources", lambda: {**sources(), "trial_taxi": trial})
    suites = project_suites()
    assert [name for name, suite in suites.items() if "trial_taxi" in suite.sources] == BY_SOURCE
    descriptions = {expectation.description for name in BY_SOURCE for expectation in suites[name].of("trial_taxi")}
    assert "every day of the month has trips" in descriptions


# The project's own suites


def test_there_are_at_least_80_expectations_in_the_ten_suites_of_the_specification() -> None:
    required = {
        *("stg_tlc__yellow_taxi", "stg_tlc__fhv_taxi", "stg_citibike__trips", "stg_weather__hourly", "dim_date"),
        *("dim_time", "dim_weather", "dim_location", "fct_trips", "fct_hourly_mobility"),
    }
    suites = project_suites()
    assert required <= set(suites)
    assert sum(len(suites[name].expectations) for name in required) >= 80


def test_every_suite_is_of_a_model_that_exists() -> None:
    models = {path.stem for path in (CONFIG.parent / "dbt/models").rglob("*.sql")}
    for name, suite in project_suites().items():
        model = suite.model.split(".")[1]
        assert model == name.removesuffix("__by_source")
        assert model in models


@pytest.mark.parametrize("name", TRIP_SOURCES)
def test_every_source_of_trips_has_a_suite_of_its_staging_model_and_the_suites_by_source(name: str) -> None:
    evaluating = {suite for suite, declared in project_suites().items() if name in declared.sources}
    assert set(BY_SOURCE) < evaluating
    assert any(suite.startswith("stg_") for suite in evaluating), f"{name} has no suite of its staging model"


def test_descriptions_are_unique_in_a_suite() -> None:
    for name, suite in project_suites().items():
        descriptions = [expectation.description for expectation in suite.expectations]
        assert len(descriptions) == len(set(descriptions)), name
