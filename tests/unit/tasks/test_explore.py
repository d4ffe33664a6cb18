"""What is added to the data of the Explore page: words of modes and publishers, and which effects are significant."""

import pytest

from pipeline.tasks.explore import conditions, definitions, modes_and_publishers, version, with_significance


def test_modes_have_the_words_and_colours_of_their_sources_and_publishers_are_named_once() -> None:
    months = [
        {"sources": ["yellow_taxi", "citibike_jc"], "modes": ["citibike", "yellow_taxi"]},
        {"sources": ["yellow_taxi"], "modes": ["yellow_taxi"]},
    ]
    found = modes_and_publishers(months)
    titles = {mode["trip_type"]: mode["title"] for mode in found["modes"]}
    assert titles == {"citibike": "Citi Bike, Jersey City", "yellow_taxi": "Yellow taxi"}
    assert all(mode["colour"].startswith("#") for mode in found["modes"])
    assert [one["name"] for one in found["publishers"]] == ["citibike", "tlc", "open_meteo"]
    assert found["publisher_of"]["weather"] == "open_meteo"
    assert found["in_every_month"] == ["weather"]


@pytest.mark.parametrize(
    ("low", "q_value", "expected"), [(1.2, 0.01, True), (0.5, 0.01, False), (1.2, 0.05, False), (None, None, False)]
)
def test_an_estimate_is_marked_as_significant_as_on_the_pages_of_months(
    low: float | None, q_value: float | None, expected: bool
) -> None:
    row = {"effect_pct": low and low + 3, "low_pct": low, "high_pct": low and low + 6, "q_value": q_value}
    assert with_significance([row]) == [row | {"is_significant": expected}]


def test_conditions_and_doses_have_titles_in_order() -> None:
    found = conditions()
    assert [one["condition"] for one in found["conditions"]] == ["rain", "snow", "cold", "heat", "adverse"]
    assert [one["title"] for one in found["doses"]][:2] == ["0.1 to 0.2 mm", "0.3 to 0.9 mm"]
    assert found["doses"][-1]["title"] == "dry 2 to 6 hours after rain"


def test_every_metric_has_words() -> None:
    assert definitions()["total_trips"]["unit"] == "trips"
    assert all(one["label"] and one["description"] for one in definitions().values())


def test_the_version_is_that_of_the_code() -> None:
    assert len(version()) == 16
