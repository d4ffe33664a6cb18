"""A small semantic layer in the form of dbt's manifest, and its tables with three trips of two modes."""

import json
from pathlib import Path
from typing import Any

import duckdb

from pipeline.explore.layout import Cube, Layout, Table
from pipeline.rollup import ADDITIVE, HOURLY
from pipeline.semantics import Semantics, read_semantics

SMALL = Layout(
    {
        "hour": Table("hour", ("date", "time", "weather")),
        "day": Table("day"),
        "month": Table("month"),
        "trip_type": Table(dimensions=("trip__trip_type",)),
        "sky": Table(dimensions=("weather__sky",)),
        "hourly_trip_type": Table(dimensions=("hourly__trip_type",)),
    },
    {
        "hours": Cube("trips", ("trip_type", "hour"), HOURLY),
        "medians": Cube("trips", ("sky", "day"), ("median",), ("total_trips",)),
        "loaded_hours": Cube("hourly_mobility", ("hourly_trip_type", "hour"), HOURLY),
        "days_of_modes": Cube("trips", ("trip_type", "day"), ADDITIVE, base="hours_of_modes"),
        "medians_of_modes": Cube("trips", ("trip_type", "sky", "day"), ("median",), base="trips_with_medians"),
        "medians_of_month": Cube("trips", ("month",), ("median",), base="trips_with_medians"),
    },
    {
        "hours_of_modes": Cube("trips", ("trip_type", "hour"), HOURLY),
        "trips_with_medians": Cube("trips", ("trip_type", "hour"), ("median",)),
    },
)


def entity(name: str, kind: str, expr: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "expr": expr}


def dimension(name: str, kind: str = "categorical") -> dict[str, Any]:
    return {"name": name, "type": kind, "expr": None, "description": f"What {name} is."}


def model(
    name: str, table: str, entities: list[Any], dimensions: list[Any], measures: list[Any], time: str = ""
) -> dict[str, Any]:
    return {
        "name": name,
        "node_relation": {"alias": table},
        "primary_entity": "hourly" if name == "hourly_mobility" else None,
        "defaults": {"agg_time_dimension": time} if time else None,
        "entities": entities,
        "dimensions": dimensions,
        "measures": [
            {"name": n, "agg": agg, "expr": expr, "non_additive_dimension": None} for n, agg, expr in measures
        ],
    }


def simple(name: str, measure: str, fill: int | None = None, where: str = "") -> dict[str, Any]:
    parts = {"name": measure, "fill_nulls_with": fill, "join_to_timespine": False, "alias": None, "filter": None}
    filters = {"where_filters": [{"where_sql_template": where}]} if where else None
    return {"name": name, "type": "simple", "type_params": {"measure": parts}, "filter": filters}


def made_of(name: str, kind: str, **params: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "type_params": params, "filter": None}


def given(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "filter": None, "alias": None, "offset_window": None, "offset_to_grain": None} | changes


KEYS = [entity("date", "foreign", "date_key"), entity("time", "foreign", "time_key")]
KEYS += [entity("weather", "foreign", "weather_key")]
MANIFEST: dict[str, Any] = {
    "semantic_models": [
        model(
            "trips",
            "trips_with_hour_attributes",
            [entity("trip", "primary", "trip_id"), *KEYS],
            [dimension("pickup_datetime", "time"), dimension("trip_type")],
            [
                ("total_trips", "sum_boolean", "not is_adjustment"),
                ("miles", "sum", "miles"),
                ("mean_miles", "average", "miles"),
                ("days", "count_distinct", "date_key"),
                ("median_miles", "median", "miles"),
            ],
            "pickup_datetime",
        ),
        model("dates", "dim_date", [entity("date", "primary", "date_key")], [dimension("day_name")], []),
        model("times", "dim_time", [entity("time", "primary", "time_key")], [dimension("hour_of_day")], []),
        model("weather_hours", "dim_weather", [entity("weather", "primary", "weather_key")], [dimension("sky")], []),
        model(
            "hourly_mobility",
            "hours_of_loaded_months",
            KEYS,
            [dimension("hour_timestamp", "time"), dimension("trip_type")],
            [("hours", "count_distinct", "hour_timestamp")],
            "hour_timestamp",
        ),
    ],
    "metrics": [
        simple("total_trips", "total_trips", 0),
        simple("miles", "miles"),
        simple("sunny_trips", "total_trips", 0, "{{ Dimension('weather__sky') }} = 'sun'"),
        made_of("miles_per_trip", "ratio", numerator=given("miles"), denominator=given("total_trips")),
        made_of(
            "sunny_pct",
            "derived",
            expr="100 * cast(sunny_trips as double) / nullif(total_trips, 0)",
            metrics=[given("sunny_trips"), given("total_trips")],
        ),
    ],
}


def semantics_of(folder: Path, *metrics: Any) -> Semantics:
    """The small layer with further metrics."""
    path = folder / "semantic_manifest.json"
    path.write_text(json.dumps(MANIFEST | {"metrics": [*MANIFEST["metrics"], *metrics]}))
    return read_semantics(path)


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Two trips of taxis in one hour, one ride in the next hour, whose weather is not known."""
    con.execute("""
        create table dim_date as select 20240301 as date_key, 'Friday' as day_name;
        create table dim_time as select * from (values (8, 8), (9, 9)) as t (time_key, hour_of_day);
        create table dim_weather as select 1 as weather_key, 'sun' as sky;
        create table trips_with_hour_attributes as
        select * from (values
            (1, timestamp '2024-03-01 08:15', 20240301, 8, 1, 'taxi', false, 1.25::decimal(18, 3)),
            (2, timestamp '2024-03-01 08:45', 20240301, 8, 1, 'taxi', true, null),
            (3, timestamp '2024-03-01 09:00', 20240301, 9, null, 'bike', false, 0.25)
        ) as t (trip_id, pickup_datetime, date_key, time_key, weather_key, trip_type, is_adjustment, miles);
        create table hours_of_loaded_months as
        select *, date_trunc('hour', pickup_datetime) as hour_timestamp from trips_with_hour_attributes;
    """)
