"""Published Parquet -> the figures of a month's page: results of the saved queries, weather, and row counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipeline.database import exactly, in_memory
from pipeline.errors import BadInput

Row = dict[str, Any]

# Results of MetricFlow's saved queries (dbt/models/core/metrics/saved_queries.yml). The page and `mf query` agree.
MODES = "select trip__trip_type as trip_type, * exclude (trip__trip_type) from by_mode order by total_trips desc"
HEADLINE = "from headline"
DAYS = """
select metric_time__day::date as day, trip__trip_type as trip_type, total_trips::bigint as trips
from by_day order by all
"""
HOURS = """
select
    trip__trip_type as trip_type, date__day_of_week as weekday, time__hour_of_day as hour_of_day,
    sum(total_trips)::bigint as trips
from by_hour group by all order by all
"""
ZONES = """
select pickup_location as location_key, zone_name, borough, trip__trip_type as trip_type, total_trips::bigint as trips
from by_zone left join dim_location on location_key = pickup_location order by all
"""
STATIONS = """
select trip__trip_type as trip_type, station_name, latitude, longitude, location_key, sum(total_trips)::bigint as trips
from by_station join dim_station on station_key = start_station
where latitude is not null group by all order by all
"""
EFFECTS = "select * exclude (source_month) from weather_effects"

WEATHER = """
select
    count(precipitation_type) as known_hours,
    count(*) filter (precipitation_type in ('rain', 'mixed')) as rain_hours,
    count(*) filter (precipitation_type in ('snow', 'mixed')) as snow_hours,
    avg(temperature_c) as average_c,
    min(temperature_c) as coldest_c,
    max(temperature_c) as warmest_c,
    sum(precipitation_mm) as precipitation_mm,
from month_weather
"""
WEATHER_DAYS = """
select
    local_hour::date as day,
    count(*) as hours,
    count(precipitation_type) as known_hours,
    sum(rain_mm) as rain_mm,
    sum(snowfall_cm) as snow_cm,
    sum(snowfall_water_equivalent_mm) as snow_mm,
    min(temperature_c) as coldest_c,
    max(temperature_c) as warmest_c,
from month_weather group by all order by all
"""
LEDGER = "from month_ledger order by source"
REASONS = "select source, reason::varchar as reason, rows_rejected as row_count from rejections_by_reason order by all"
SHAPES = "from dim_location_shape order by location_key"

METRICS = ("headline", "by_mode", "by_day", "by_hour", "by_zone", "by_station", "weather_effects")
TABLES = ("month_ledger", "rejections_by_reason")
DIMENSIONS = ("dim_weather", "dim_location", "dim_location_shape", "dim_station")


@dataclass(frozen=True)
class Figures:
    """The figures of a month's page. The statements above name the columns of each row."""

    headline: Row
    modes: list[Row]
    days: list[Row]
    hours: list[Row]
    zones: list[Row]
    stations: list[Row]
    effects: list[Row]
    weather: Row
    weather_days: list[Row]
    ledger: list[Row]
    reasons: list[Row]
    shapes: list[Row]


def figures(published: Path, month: date) -> Figures:
    """The figures of one published month.

    Raises BadInput with the missing file if the month is not published.
    """
    folders = dict.fromkeys(METRICS, published / "metrics" / f"month={month:%Y-%m}")
    folders |= {name: published / name / f"month={month:%Y-%m}" for name in TABLES}
    folders |= {name: published / name for name in DIMENSIONS}
    with in_memory() as con:
        for name, folder in folders.items():
            add_view(con, name, folder / f"{name}.parquet")
        con.execute(
            f"create view month_weather as from dim_weather where date_trunc('month', local_hour) = date '{month}'"
        )
        return Figures(
            headline=next(iter(rows(con, HEADLINE)), {"total_trips": 0, "total_revenue": None}),
            modes=rows(con, MODES),
            days=rows(con, DAYS),
            hours=rows(con, HOURS),
            zones=rows(con, ZONES),
            stations=rows(con, STATIONS),
            effects=rows(con, EFFECTS),
            weather=rows(con, WEATHER)[0],
            weather_days=rows(con, WEATHER_DAYS),
            ledger=rows(con, LEDGER),
            reasons=rows(con, REASONS),
            shapes=rows(con, SHAPES),
        )


def add_view(con: duckdb.DuckDBPyConnection, table: str, file: Path) -> None:
    if not file.exists():
        raise BadInput(f"report: {file} does not exist; publish the month first")
    con.read_parquet(exactly(file), hive_partitioning=False).create_view(table)


def rows(con: duckdb.DuckDBPyConnection, sql: str, parameters: Iterable[Any] | None = None) -> list[Row]:
    found = con.execute(sql, list(parameters) if parameters else None)
    names = [column[0] for column in found.description]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]
