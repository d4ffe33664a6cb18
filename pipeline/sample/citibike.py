"""Rides as Citi Bike publishes them: CSV rows with the columns and formats of the month."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.months import add_months
from pipeline.sample.distance import miles_sql
from pipeline.sample.sampling import SLOTS, count_records, create_choice_table, create_table
from pipeline.sample.stations import Station, stations, stations_in

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MODERN = date(2021, 2, 1)
"""The first month of the columns since ``ride_id``."""
BY_END = date(2024, 8, 1)
"""From then on a file has the rides that ended in its month, and before those that began in it.

From then on, times also have milliseconds.
"""
END_SLOTS = 256

SOURCES = ("citibike", "citibike_jc")
PAIRS = frozenset({"exact_duplicate"})
ANOMALIES: Mapping[str, int] = {
    "in_two_files": 4,  # also in the file of the month before, with equal values
    "began_month_before": 6,
    "ends_before_it_starts": 3,
    "about_24_h": 5,
    "longer_than_24_h": 4,
    "exact_duplicate": 5,
    "unreadable": 3,  # lines with a wrong number of fields; in the demo fewer than one in a thousand
}

NOT_SEEDED = frozenset({"in_two_files", "began_month_before", "unreadable"})
"""Anomalies that are created from finished rides or lines, without seeds of their own."""

# Stations where rides end, by the station where they begin.
ENDS = f"""
    select
        origin.number as key,
        destination.number as choice,
        {miles_sql("origin", "destination")} as miles,
        destination.popularity * if(origin.number = destination.number, 0.8, exp(-miles / 0.7)) as weight
    from stations as origin inner join stations as destination on origin.system = destination.system
"""

# Seeds are those of the month and of the day before it. The file has the rides that began in the month or, from BY_END
# on, ended in it. All values of a ride depend on its seed and start, not on the file. Rides across the midnight before
# 2024-08-01 are in two files, because July's file goes by starts and August's by ends.
RIDES = """
    create or replace temp table records as
    with placed as (
        select
            seeds.*,
            local_time(utc) as start_time,
            starts.choice as start_station,
            ends.choice as end_station,
            uniform(id, 3) < if(isodow(start_time) > 5, 0.72, 0.84) as is_member,
            start_time >= '{modern}' and uniform(id, 4) < if(start_time < '2022-01-01', 0.25, 0.65) as is_electric,
            case anomaly
                when 'about_24_h' then 86400 - 600 * uniform(id, 11)
                when 'longer_than_24_h' then 86460 * (1 + 0.5 * uniform(id, 11))
                when 'ends_before_it_starts' then -10 - 3000 * uniform(id, 11)
                else 62 + 3600 * (0.15 + 1.25 * ends.miles + if(start_station = end_station, 1.5, 0))
                    * exp(0.3 * gaussian(id, 5))
                    / if(is_electric, 9.5, 7) * if(is_member, 1, 1.4)
            end as seconds
        from seeds
        inner join starts on starts.key = '{source}' and starts.slot = cast(floor(uniform(id, 1) * {slots}) as int)
        inner join ends on ends.key = starts.choice and ends.slot = cast(floor(uniform(id, 2) * {end_slots}) as int)
    ),

    timed as (
        select
            *,
            to_milliseconds(cast(seconds * 1000 as bigint)) as duration,
            if(anomaly is null, local_time(utc + duration), start_time + duration) as end_time,
            uniform(id, 6) < 0.004 as lacks_end_station
        from placed
    ),

    earlier as (
        select *, row_number() over (order by id) as position
        from timed
        where start_time < '{month}' and end_time < '{month}'
    )

    select * replace (if('{month}' = '{by_end}' and start_time < '{month}', 'in_two_files', anomaly) as anomaly)
    from timed
    where date_trunc('month', {assigned_by}) = '{month}'
    union all by name
    select * exclude (position) replace ('in_two_files' as anomaly)
    from earlier
    where position <= {in_two_files}
    union all by name
    select * exclude (position) replace (
        'began_month_before' as anomaly, hash(id) as id,
        -- Not the ride of the month before: equal times and stations are one ride.
        start_time - interval 7 seconds as start_time, end_time - interval 7 seconds as end_time
    )
    from earlier
    where position > {in_two_files} and position <= {in_two_files} + {began_month_before}
"""


def create_station_tables(con: "DuckDBPyConnection") -> None:
    """Create the choice tables of all months: ``starts`` (source -> station) and ``ends`` (station -> station)."""
    create_stations(con, {date.min: list(stations())})
    starts = "select system as key, number as choice, 0 as miles, popularity as weight from stations"
    create_choice_table(con, "starts", starts)
    create_choice_table(con, "ends", ENDS, END_SLOTS)


def create_stations(con: "DuckDBPyConnection", by_month: Mapping[date, Sequence[Station]]) -> None:
    """Create the table ``stations``, with one row per station and ``month``."""
    rows = [(month, station) for month, stations in by_month.items() for station in stations]
    columns = {field.name: [getattr(station, field.name) for _, station in rows] for field in fields(Station)}
    create_table(con, "stations", {"month": [month for month, _ in rows]} | columns)


def create_rides(con: "DuckDBPyConnection", source: str, month: date, anomalies: Mapping[str, int]) -> dict[str, int]:
    """Create the table ``records`` from ``seeds``. Returns the numbers of its rows, see ``count_records``."""
    query = RIDES.format(
        source=source,
        month=month,
        slots=SLOTS,
        end_slots=END_SLOTS,
        modern=MODERN,
        by_end=BY_END,
        assigned_by="end_time" if month >= BY_END else "start_time",
        began_month_before=anomalies.get("began_month_before", 0),
        in_two_files=anomalies.get("in_two_files", 0) if can_repeat_rides(month) else 0,
    )
    con.execute(query)
    return count_records(
        con,
        {
            "began_month_before": f"start_time < '{month}' and anomaly is distinct from 'in_two_files'",
            "null_end_station": f"lacks_end_station and {month >= MODERN}",
        },
    )


def can_repeat_rides(month: date) -> bool:
    """Whether a repeated ride can be recognized: both months have ride ids, or times of the same precision."""
    before = add_months(month, -1)
    if month >= MODERN:
        return before >= MODERN
    return precision(legacy_time_format(month)) == precision(legacy_time_format(before))


def precision(time_format: str) -> tuple[bool, ...]:
    """Whether the format has seconds, and whether it has milliseconds."""
    return tuple(part in time_format for part in ("%S", "%g"))


def write_csv(con: "DuckDBPyConnection", month: date, path: Path) -> bytes:
    """Write ``records`` as CSV without a header, and return the header. Since MODERN the rows are in no order.

    A station has the name of the month in which the ride began, so that a repeated ride has equal values in both files.
    """
    create_stations(con, {at: stations_in(at) for at in (add_months(month, -1), month)})
    columns = columns_of(month)
    select_list = ", ".join(f'{expression} as "{name}"' for name, expression in columns.items())
    is_quoted = month >= date(2024, 1, 1) or month < date(2017, 4, 1)
    options = "format csv, header false" + (
        f", force_quote ({', '.join(quote(name) for name in columns if is_text(name))})" if is_quoted else ""
    )
    order = "records.id, copy" if month >= MODERN else "start_time, records.id, copy"
    con.execute(f"""
        copy (
            select {select_list} from records
            left join stations as origin
                on origin.number = start_station and origin.month = date_trunc('month', start_time)
            left join stations as destination
                on destination.number = end_station and destination.month = origin.month
            order by {order}
        ) to '{path}' ({options})
    """)
    return ",".join(quote(name) if is_quoted else name for name in columns).encode() + b"\n"


def columns_of(month: date) -> dict[str, str]:
    """The published columns of a month, in their order, each with its SQL expression over ``records``."""
    return modern_columns(month) if month >= MODERN else legacy_columns(month)


def modern_columns(month: date) -> dict[str, str]:
    """The columns since 2021-02; from 2022-01 to 2022-03 one is published twice."""
    time_format = "%Y-%m-%d %H:%M:%S" + (".%g" if month >= BY_END else "")
    columns = {
        "ride_id": "upper(lpad(to_hex(records.id), 16, '0'))",
        "rideable_type": "if(is_electric, 'electric_bike', 'classic_bike')",
        "started_at": f"strftime(start_time, '{time_format}')",
        "ended_at": f"strftime(end_time, '{time_format}')",
        "start_station_name": "origin.name",
        "start_station_id": "origin.id",
        "end_station_name": "if(lacks_end_station, null, destination.name)",
        "end_station_id": "if(lacks_end_station, null, destination.id)",
        "start_lat": "origin.lat + if(is_electric, round(0.0002 * (uniform(records.id, 7) - 0.5), 9), 0)",
        "start_lng": "origin.lng + if(is_electric, round(0.0002 * (uniform(records.id, 8) - 0.5), 9), 0)",
        "end_lat": "if(lacks_end_station, if(is_electric, round(destination.lat, 2), null), destination.lat)",
        "end_lng": "if(lacks_end_station, if(is_electric, round(destination.lng, 2), null), destination.lng)",
        "member_casual": "if(is_member, 'member', 'casual')",
    }
    if date(2022, 1, 1) <= month < date(2022, 4, 1):
        columns["rideable_type_duplicate_column_name_1"] = columns["rideable_type"]
    return columns


def legacy_columns(month: date) -> dict[str, str]:
    """The columns up to 2021-01; names are capitalized from 2016-10 to 2017-03."""
    time_format, birth_year = legacy_time_format(month), "(1985 + 11 * gaussian(records.id, 9))::int::varchar"
    columns = {
        "tripduration": "cast(abs(seconds) as int)",
        "starttime": f"strftime(start_time, '{time_format}')",
        "stoptime": f"strftime(end_time, '{time_format}')",
        "start station id": "origin.legacy_id",
        "start station name": "origin.name",
        "start station latitude": "origin.lat",
        "start station longitude": "origin.lng",
        "end station id": "destination.legacy_id",
        "end station name": "destination.name",
        "end station latitude": "destination.lat",
        "end station longitude": "destination.lng",
        "bikeid": "14529 + records.id % 20000",
        "usertype": "if(is_member, 'Subscriber', 'Customer')",
        "birth year": f"if(is_member, {birth_year}, {unknown_birth_year(month)})",
        "gender": "if(is_member, 1 + (uniform(records.id, 10) < 0.3)::int, 0)",
    }
    return (
        {capitalized(name): expression for name, expression in columns.items()}
        if date(2016, 10, 1) <= month < date(2017, 4, 1)
        else columns
    )


def capitalized(name: str) -> str:
    """The spelling of 2016-10 to 2017-03: ``Start Station ID``, ``Trip Duration``."""
    split_names = {
        "tripduration": "trip duration",
        "starttime": "start time",
        "stoptime": "stop time",
        "bikeid": "bike id",
        "usertype": "user type",
    }
    return split_names.get(name, name).title().replace(" Id", " ID")


def legacy_time_format(month: date) -> str:
    """The format of times: month/day/year from 2014-09 to 2016-09, in four months without seconds; ISO otherwise."""
    if date(2014, 9, 1) <= month < date(2016, 10, 1):
        return (
            "%-m/%-d/%Y %-H:%M"
            if (month.year, month.month) in ((2015, 1), (2015, 2), (2015, 3), (2015, 6))
            else "%-m/%-d/%Y %H:%M:%S"
        )
    return "%Y-%m-%d %H:%M:%S" + (".%g0" if month >= date(2018, 1, 1) else "")


def unknown_birth_year(month: date) -> str:
    """The SQL value for casual riders, whose birth year is unknown; from 2018 on it is 1969."""
    if month < date(2014, 9, 1):
        return r"'\N'"
    return "null" if month < date(2017, 4, 1) else "'NULL'" if month < date(2018, 1, 1) else "'1969'"


def is_text(name: str) -> bool:
    return not name.endswith(("_lat", "_lng", "latitude", "longitude"))


def quote(name: str) -> str:
    return f'"{name}"'
