"""Distances in Python and in SQL."""

import duckdb
import pytest

from pipeline.sample.distance import miles, miles_sql

TIMES_SQUARE, JFK = (40.758, -73.9855), (40.6413, -73.7781)


def test_the_distance_from_times_square_to_jfk_is_13_5_miles() -> None:
    assert miles(TIMES_SQUARE, JFK) == pytest.approx(13.5, abs=0.2)


def test_python_and_sql_agree() -> None:
    points = {"origin": TIMES_SQUARE, "destination": JFK}
    tables = ", ".join(f"(select {lat} as lat, {lng} as lng) as {name}" for name, (lat, lng) in points.items())
    [[distance]] = duckdb.execute(f"select {miles_sql(*points)} from {tables}").fetchall()
    assert distance == pytest.approx(miles(TIMES_SQUARE, JFK), rel=1e-4)
