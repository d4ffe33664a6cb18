"""The estimated effects are passed on as they are."""

from pathlib import Path

import duckdb

from pipeline.explore.estimates import COLUMNS, POOLED, TABLES, estimates_of_month, pooled_estimates

VALUES = {"effect_pct": "-12.5", "trip_type": "'citibike'", "hours_with": "40", "months": "3"}


def row(columns: tuple[str, ...], condition: str) -> str:
    values = VALUES | {"condition": f"'{condition}'"}
    return "select " + ", ".join(f"{values.get(column, 'null')} as {column}" for column in columns)


def test_a_month_has_its_effects_and_those_by_dose() -> None:
    with duckdb.connect() as con:
        for table in TABLES:
            con.execute(f"create table {table} as {row(COLUMNS, table)}")
        found = estimates_of_month(con)
    assert [one["condition"] for one in found] == [*TABLES]
    assert found[0]["effect_pct"] == -12.5 and found[0]["reason"] is None and found[0]["hours_with"] == 40


def test_the_effects_over_all_months_are_those_that_are_published(tmp_path: Path) -> None:
    assert pooled_estimates(tmp_path) == []
    (tmp_path / "metrics").mkdir()
    duckdb.execute(f"copy ({row(POOLED, 'rain')}) to '{tmp_path}/metrics/weather_effects_pooled.parquet'")
    (found,) = pooled_estimates(tmp_path)
    assert found["condition"] == "rain" and found["months"] == 3
