"""The catalogue: metrics with their calculations, dimensions with their labels and ordered values."""

from pathlib import Path

import duckdb
import pytest

from pipeline.explore.catalogue import catalogue, label, modes_in
from tests.unit.explore.small_layer import SMALL, semantics_of


def test_the_catalogue_has_the_described_metrics_and_the_ordered_values_of_dimensions(tmp_path: Path) -> None:
    (tmp_path / "dim_date").mkdir()
    duckdb.execute(f"""
        copy (from (values (1, 'Monday'), (2, 'Friday'), (3, null)) as t (date_key, day_name))
        to '{tmp_path}/dim_date/dim_date.parquet'
    """)
    words = {"label": "Trips", "unit": "trips"}
    found = catalogue(semantics_of(tmp_path), {"total_trips": words}, tmp_path, [{"month": "2024-03"}], SMALL)
    assert found["months"] == [{"month": "2024-03"}]
    assert found["metrics"] == {
        "total_trips": {
            **words,
            "calculation": {"measure": "total_trips", "fill": 0, "where": []},
            "is_additive": True,
        }
    }
    assert found["measures"]["miles"] == {"model": "trips", "agg": "sum", "modes": []}
    day = {"label": "Weekday", "unit": None, "description": "What day_name is.", "values": ["Friday", "Monday"]}
    assert found["dimensions"]["date__day_name"] == day
    assert found["dimensions"]["metric_time__day"] == {"label": "Day", "unit": None, "description": "", "values": None}


def test_the_modes_that_a_measure_is_of_are_those_in_its_expression() -> None:
    expr = "case when is_loaded and trip_type in ('fhv', 'yellow_taxi') and weather = 'rain' then 1 end"
    assert modes_in(expr) == ["fhv", "yellow_taxi"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("metric_time__hour", "Hour"),
        ("date__is_holiday", "Holiday"),
        ("date__day_name", "Weekday"),
        ("date__is_weekday", "Weekday or weekend"),
        ("time__am_pm", "AM or PM"),
        ("trip__trip_type", "Mode"),
        ("pickup_location__borough", "Pickup borough"),
        ("weather__cloud_category", "Cloud category"),
        ("weather__temperature_c", "Temperature (°C)"),
        ("weather__wind_speed_ms", "Wind speed (m/s)"),
        ("pickup_location", "Pickup zone"),
        ("start_station", "Start station"),
    ],
)
def test_a_dimension_has_a_label_of_words(name: str, expected: str) -> None:
    assert label(name) == expected
