"""The tables that the hours of a month are read from, with the columns that are read."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb

NEW_YORK = ZoneInfo("America/New_York")
WEATHER = """
    create table core.dim_weather as
    select
        *,
        ({mm})::double as precipitation_mm,
        (hour % 24)::double as temperature_c,
        case when precipitation_mm > 0 then 'rain' when precipitation_mm = 0 then 'none' end as precipitation_type,
        if(hour % 24 = 0, 'cold', 'mild') as temp_category,
        if(precipitation_mm is not null, false, null) as is_adverse
    from (select unnest($utc) as utc_hour, unnest($local) as local_hour, unnest(range(len($utc))) as hour)
"""
TRIPS = """
    create table core.fct_hourly_mobility as
    select
        date '{month}' as source_month, local_hour as hour_timestamp, trip_type, pickup_borough,
        (({trips}) // if(pickup_borough = 'Manhattan', 4, 1))::bigint as loaded_trip_count
    from
        (select local_hour, min(hour) as hour from core.dim_weather group by all),
        (values ('Queens'), ('Manhattan'), ('Unknown')) as b (pickup_borough),
        (values ('citibike'), ('fhv')) as m (trip_type)
"""


def create_tables(con: duckdb.DuckDBPyConnection, month: date, mm: str = "0", trips: str = "1") -> None:
    """A month of New York's hours. The fourth is a holiday.

    ``mm`` is the precipitation and ``trips`` are the trips in Queens and in unknown places, as SQL of ``hour``, the
    number of the hour in the month. Manhattan has a quarter as many trips.
    """
    midnight = datetime(month.year, month.month, 1, tzinfo=NEW_YORK).astimezone(UTC)
    utc = [midnight + timedelta(hours=number) for number in range(31 * 24 + 1)]
    local = [hour.astimezone(NEW_YORK).replace(tzinfo=None) for hour in utc]
    of_month = [index for index, hour in enumerate(local) if hour.month == month.month]
    hours = {
        "utc": [utc[index].replace(tzinfo=None) for index in of_month],
        "local": [local[index] for index in of_month],
    }
    con.execute("create schema if not exists core")
    con.execute(WEATHER.format(mm=mm), hours)
    con.execute(TRIPS.format(month=month, trips=trips))
    con.execute(f"""
        create table core.dim_date as
        select distinct local_hour::date as date_day, date_day = date '{month}' + 3 as is_holiday from core.dim_weather
    """)
