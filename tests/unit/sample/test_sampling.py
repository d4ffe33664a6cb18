"""Pseudorandom rows in DuckDB."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.sample import sampling
from pipeline.sample.demand import WeatherEffect, hours_of_month, local_time

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MONTH = date(2024, 3, 1)


@pytest.fixture
def con(tmp_path: Path) -> "DuckDBPyConnection":
    return sampling.connect(tmp_path)


def test_uniform_and_gaussian_numbers_have_their_mean_and_deviation(con: "DuckDBPyConnection") -> None:
    [numbers] = con.execute("""
        select avg(uniform(id, 1)), stddev(uniform(id, 1)), avg(gaussian(id, 2)), stddev(gaussian(id, 2))
        from (select hash(number) as id from range(100000) as numbers(number))
    """).fetchall()
    assert numbers == pytest.approx((0.5, 12**-0.5, 0, 1), abs=0.01)


def test_numbers_of_two_salts_are_independent(con: "DuckDBPyConnection") -> None:
    [[correlation]] = con.execute("""
        select corr(uniform(id, 1), uniform(id, 2))
        from (select hash(number) as id from range(100000) as numbers(number))
    """).fetchall()
    assert correlation == pytest.approx(0, abs=0.02)


def test_a_choice_has_slots_in_proportion_to_its_weight(con: "DuckDBPyConnection") -> None:
    weights = "select 'a' as key, unnest([1, 2, 3]) as choice, 0 as miles, unnest([1, 2, 5]) as weight"
    sampling.create_choice_table(con, "choices", weights, slots=80)
    counted = con.execute("select choice, count(*) from choices group by all order by all").fetchall()
    assert counted == [(1, 10), (2, 20), (3, 50)]


def test_local_time_is_the_same_in_sql_and_in_python(con: "DuckDBPyConnection") -> None:
    sampling.create_local_time(con, MONTH)
    for minutes in range(-90, 120, 15):
        utc = datetime(2024, 3, 10, 7) + timedelta(minutes=minutes)
        assert con.execute("select local_time($1)", [utc]).fetchall() == [(local_time(utc),)]


def test_seeds_are_the_trips_of_the_hours_and_the_anomalies(con: "DuckDBPyConnection") -> None:
    hours = hours_of_month("fhv_taxi", MONTH, 1000, WeatherEffect(), 1)
    sampling.create_seeds(con, hours, MONTH, {"about_24_h": 3, "exact_duplicate": 2}, {"exact_duplicate"})
    counted = con.execute("select anomaly, copy, count(*) from seeds group by all order by all").fetchall()
    trips = sum(hour.trips for hour in hours)
    assert counted == [("about_24_h", 0, 3), ("exact_duplicate", 1, 2), (None, 0, trips + 2)]
    with_copy = "seeds inner join seeds as copies on copies.id = seeds.id and copies.copy > seeds.copy"
    assert con.execute(f"select count(*) from {with_copy}").fetchall() == [(2,)]


def test_anomalies_are_in_the_daytime_and_away_from_the_edges_of_the_month() -> None:
    hours = hours_of_month("fhv_taxi", MONTH, 1000, WeatherEffect(), 1)
    for seed in sampling.anomaly_seeds(hours, MONTH, {"about_24_h": 100}, ()):
        assert isinstance(seed["utc"], datetime)
        local = local_time(seed["utc"])
        assert 8 <= local.hour < 20 and 3 <= local.day < 25
