"""Published Parquet -> the numbers of a page: one SQL statement a figure."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipeline.errors import BadInput

Row = dict[str, Any]

# Trips never include adjustments, revenue does. Medians: a few trips of up to 35,000 miles (green taxis, 2024-01) would
# make a month's mean speed 105 mph. The row without a trip_type is all modes together.
MODES = """
select
    trip_type::varchar as trip_type,
    count(*) filter (not is_adjustment) as trips,
    sum(revenue)::double as revenue,
    median(trip_duration_minutes) filter (not is_adjustment) as median_minutes,
    median(avg_speed_mph) filter (not is_adjustment) as median_mph,
from fct_trips
group by grouping sets ((trip_type), ())
order by trip_type is null, trips desc
"""

WEATHER = """
select
    count(*) as hours,
    count(*) filter (precipitation_mm > 0) as wet_hours,
    avg(temperature_c) as average_c,
    min(temperature_c) as coldest_c,
    max(temperature_c) as warmest_c,
from month_weather
"""

HOURS = """
select
    trip_type::varchar as trip_type,
    hour(local_hour) as hour_of_day,
    if(precipitation_mm > 0, 'wet', 'dry') as weather,
    count(*) as hours,
    avg(trips) as trips_per_hour,
from (select trip_type, weather_key, sum(trip_count) as trips from fct_hourly_mobility group by all)
join month_weather using (weather_key)
where precipitation_mm is not null
group by all
order by all
"""

LEDGER = "select * from month_ledger order by source"

REASONS = """
select source, reason::varchar as reason, count(*) as row_count
from rejected_trips
group by all
order by source, row_count desc
"""

MONTHS = """
select source_month, trip_type::varchar as trip_type, sum(trip_count) as trips, sum(revenue)::double as revenue
from read_parquet($files, union_by_name = true, hive_partitioning = false)
group by all
order by source_month desc, trip_type
"""


@dataclass(frozen=True)
class Figures:
    """What a month's page shows; each row as its statement above names its columns."""

    modes: list[Row]
    all_modes: Row
    weather: Row
    hours: list[Row]
    ledger: list[Row]
    reasons: list[Row]


def figures(published: Path, month: date) -> Figures:
    """The figures of one published month.

    Raises BadInput where the month is not published.
    """
    with month_views(published, month) as con:
        *modes, all_modes = rows(con, MODES)
        return Figures(
            modes=modes,
            all_modes=all_modes,
            weather=rows(con, WEATHER)[0],
            hours=rows(con, HOURS),
            ledger=rows(con, LEDGER),
            reasons=rows(con, REASONS),
        )


def months(published: Path) -> list[Row]:
    """Trips and revenue of every published month and mode, the newest month first."""
    files = sorted(map(str, published.glob("fct_hourly_mobility/month=*/*.parquet")))
    with duckdb.connect() as con:
        return rows(con, MONTHS, {"files": files}) if files else []


@contextmanager
def month_views(published: Path, month: date) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory whose views are the month's published tables, ``month_weather`` its own hours."""
    with duckdb.connect() as con:
        for table in ("fct_trips", "fct_hourly_mobility", "month_ledger", "rejected_trips"):
            add_view(con, table, published / table / f"month={month:%Y-%m}" / f"{table}.parquet")
        add_view(con, "dim_weather", published / "dim_weather" / "dim_weather.parquet")
        con.execute(
            f"create view month_weather as from dim_weather where date_trunc('month', local_hour) = date '{month}'"
        )
        yield con


def add_view(con: duckdb.DuckDBPyConnection, table: str, file: Path) -> None:
    if not file.exists():
        raise BadInput(f"report: {file} is not there; publish the month first")
    con.read_parquet(str(file), hive_partitioning=False).create_view(table)


def rows(con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Sequence[str]] | None = None) -> list[Row]:
    found = con.execute(sql, parameters)
    names = [column[0] for column in found.description]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]
