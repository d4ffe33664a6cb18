"""A semantic layer of trips in the form of dbt's manifest, which MetricFlow can read, and a table with four trips."""

import json
from pathlib import Path
from typing import Any

import duckdb

from pipeline.semantics import Semantics, read_semantics

ENTITIES = ("date", "time", "weather", "pickup_location", "start_station")


def relation(name: str) -> dict[str, str]:
    relation_name = f'"nyc_mobility"."core"."{name}"'
    return {"alias": name, "schema_name": "core", "database": "nyc_mobility", "relation_name": relation_name}


TAXIS = {"where_filters": [{"where_sql_template": "{{ Dimension('trip__trip_type') }} = 'taxi'"}]}


def simple(name: str, measure: str = "", where: Any = None, of_measure: Any = None) -> dict[str, Any]:
    """A metric of the measure of its name, or of another one; ``where`` are filters of the metric and the measure."""
    reference = {"alias": None, "join_to_timespine": False, "fill_nulls_with": None}
    parameters = {"measure": {"name": measure or name, "filter": of_measure, **reference}}
    return {"name": name, "type": "simple", "filter": where, "type_params": parameters}


MEASURES = {
    "total_trips": ("sum_boolean", "not is_adjustment"),
    "miles": ("sum", "miles"),
    "mean_miles": ("average", "miles"),
    "days": ("count_distinct", "case when not is_adjustment then date_key end"),
    "ids": ("count_distinct", "trip_id"),
    "least_miles": ("min", "miles"),
    "median_miles": ("median", "miles"),
}
METRICS = [
    *map(simple, MEASURES),
    simple("mean_miles_again", "mean_miles"),
    simple("mean_miles_of_taxis", "mean_miles", where=TAXIS),
    simple("mean_miles_of_rides_in_taxis", "mean_miles", of_measure=TAXIS),
]
LAYER: dict[str, Any] = {
    "semantic_models": [
        {
            "name": "trips",
            "node_relation": relation("trips"),
            "primary_entity": None,
            "defaults": {"agg_time_dimension": "pickup_datetime"},
            "entities": [
                {"name": "trip", "type": "primary", "expr": "trip_id"},
                *({"name": name, "type": "foreign", "expr": f"{name}_key"} for name in ENTITIES),
            ],
            "dimensions": [
                {
                    "name": "pickup_datetime",
                    "type": "time",
                    "expr": None,
                    "type_params": {"time_granularity": "hour"},
                    "description": None,
                },
                *(
                    {"name": name, "type": "categorical", "expr": None, "description": None}
                    for name in ("trip_type", "member_type")
                ),
            ],
            "measures": [
                {"name": name, "agg": agg, "expr": expr, "non_additive_dimension": None}
                for name, (agg, expr) in MEASURES.items()
            ],
        }
    ],
    "metrics": METRICS,
    "project_configuration": {
        "time_spine_table_configurations": [],
        "time_spines": [
            {
                "node_relation": relation("time_spine_day"),
                "primary_column": {"name": "day_start", "time_granularity": "day"},
            }
        ],
    },
    "saved_queries": [],
}


def semantics_of(folder: Path) -> Semantics:
    """The layer as it is read of dbt's manifest."""
    path = folder / "semantic_manifest.json"
    path.write_text(json.dumps(LAYER))
    return read_semantics(path)


def create_trips(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Three trips of taxis in one hour, one of them an adjustment, and a ride in the next without zone and distance."""
    con.execute(f"""
        create table {table} as
        select *, 20240301 as date_key, hour(pickup_datetime) as time_key, 1 as weather_key, 7 as start_station_key
        from (values
            (1, timestamp '2024-03-01 08:15', 'taxi', null, 132, false, 1.5::double),
            (2, timestamp '2024-03-01 08:45', 'taxi', null, 132, true, 2.0),
            (3, timestamp '2024-03-01 08:59:59', 'taxi', null, 236, false, 1.0),
            (4, timestamp '2024-03-01 09:00', 'bike', 'member', null, false, null)
        ) as t (trip_id, pickup_datetime, trip_type, member_type, pickup_location_key, is_adjustment, miles)
    """)
