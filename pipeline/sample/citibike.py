"""Rides as Citi Bike publishes them: CSV lines in that month's columns and spelling, for the archives."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.sample.sampling import SLOTS, counts, miles, slotted, table
from pipeline.sample.stations import Station, stations, stations_in

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MODERN = date(2021, 2, 1)
CUT_BY_END = date(2024, 8, 1)  # also: times with milliseconds
WAYS = 256

SOURCES = ("citibike", "citibike_jc")
PAIRS = frozenset({"exact_duplicate"})
ANOMALIES: Mapping[str, int] = {
    "in_two_files": 4,  # a ride that stands in the file of the month before, too: the same, value for value
    "began_month_before": 6,
    "ends_before_it_starts": 3,
    "about_24_h": 5,
    "longer_than_24_h": 4,
    "exact_duplicate": 5,
    "unreadable": 3,  # lines with a wrong number of fields; so few that the demo stays below one in a thousand
}

LATER_DIRT = frozenset({"in_two_files", "began_month_before", "unreadable"})  # made of rides and lines, not drawn

FLOWS = f"""
    select
        here.number as origin,
        there.number as place,
        {miles("here", "there")} as miles,
        there.popularity * if(here.number = there.number, 0.8, exp(-miles / 0.7)) as weight
    from stations as here inner join stations as there on here.system = there.system
"""

# Rides of the month and of the last day before it: the file has those that began in the month or, later, ended in it.
# What is drawn of a ride depends on when it began, never on the file. 2024-07 was the last month cut by beginnings, and
# 2024-08 the first cut by ends: the rides that lie across that midnight stand in both.
RIDES = """
    create or replace temp table records as
    with placed as (
        select
            seeds.*,
            wall(utc) as starts,
            docks.place as here,
            rides.place as there,
            u(id, 3) < if(isodow(starts) > 5, 0.72, 0.84) as is_member,
            starts >= '{modern}' and u(id, 4) < if(starts < '2022-01-01', 0.25, 0.65) as is_electric,
            case kind
                when 'about_24_h' then 86400 - 600 * u(id, 11)
                when 'longer_than_24_h' then 86460 * (1 + 0.5 * u(id, 11))
                when 'ends_before_it_starts' then -10 - 3000 * u(id, 11)
                else 62 + 3600 * (0.15 + 1.25 * rides.miles + if(here = there, 1.5, 0)) * exp(0.3 * bell(id, 5))
                    / if(is_electric, 9.5, 7) * if(is_member, 1, 1.4)
            end as seconds
        from seeds
        inner join docks on docks.origin = '{source}' and docks.slot = cast(floor(u(id, 1) * {slots}) as int)
        inner join rides on rides.origin = docks.place and rides.slot = cast(floor(u(id, 2) * {ways}) as int)
    ),

    timed as (
        select
            *,
            to_milliseconds(cast(seconds * 1000 as bigint)) as lasts,
            if(kind is null, wall(utc + lasts), starts + lasts) as ends,
            u(id, 6) < 0.004 as is_lost
        from placed
    ),

    earlier as (
        select *, row_number() over (order by id) as place from timed where starts < '{month}' and ends < '{month}'
    )

    select * replace (if('{month}' = '{cut_by_end}' and starts < '{month}', 'in_two_files', kind) as kind)
    from timed where date_trunc('month', {cut}) = '{month}'
    union all by name
    select * exclude (place) replace ('in_two_files' as kind) from earlier where place <= {in_two_files}
    union all by name
    select * exclude (place) replace ('began_month_before' as kind, hash(id) as id) from earlier
    where place > {in_two_files} and place <= {in_two_files} + {began_month_before}
"""


def prepare(con: "DuckDBPyConnection") -> None:
    """What rides of every month are drawn from: ``docks`` (source -> station) and ``rides`` (station -> station)."""
    fill_stations(con, {date.min: list(stations())})
    slotted(con, "docks", "select system as origin, number as place, 0 as miles, popularity as weight from stations")
    slotted(con, "rides", FLOWS, WAYS)


def fill_stations(con: "DuckDBPyConnection", known: Mapping[date, Sequence[Station]]) -> None:
    """The table ``stations``, as they were in each ``month``."""
    every = [(month, one) for month, those in known.items() for one in those]
    columns = {field.name: [getattr(one, field.name) for _, one in every] for field in fields(Station)}
    table(con, "stations", {"month": [month for month, _ in every]} | columns)


def draw(con: "DuckDBPyConnection", source: str, month: date, dirt: Mapping[str, int]) -> dict[str, int]:
    """The month's rides from ``seeds`` as the table ``records``; returns how many rows of which kind there are."""
    words = {"source": source, "month": month, "slots": SLOTS, "ways": WAYS, "modern": MODERN, "cut_by_end": CUT_BY_END}
    words |= {"cut": "ends" if month >= CUT_BY_END else "starts"}
    words |= {"began_month_before": dirt.get("began_month_before", 0)}
    words |= {"in_two_files": dirt.get("in_two_files", 0) if can_repeat(month) else 0}
    con.execute(RIDES.format(**words))
    return counts(
        con,
        {
            "began_month_before": f"starts < '{month}' and kind is distinct from 'in_two_files'",
            "null_end_station": f"is_lost and {month >= MODERN}",
        },
    )


def can_repeat(month: date) -> bool:
    """Whether a line can be known as one of the month before: by its ride's id, or by times that are as exact."""
    before = month_before(month)
    if month >= MODERN:
        return before >= MODERN
    return precision(legacy_clock(month)) == precision(legacy_clock(before))


def precision(clock: str) -> tuple[bool, ...]:
    return tuple(part in clock for part in ("%S", "%g"))


def month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def write_csv(con: "DuckDBPyConnection", month: date, path: Path) -> bytes:
    """The rides as CSV without a header, which is returned; in modern files they stand in no order.

    A station is called as it was when the ride began, so that a line is the same in whichever month's file.
    """
    fill_stations(con, {known: stations_in(known) for known in (month_before(month), month)})
    columns = modern(month) if month >= MODERN else legacy(month)
    listed = ", ".join(f'{made} as "{name}"' for name, made in columns.items())
    quoted = month >= date(2024, 1, 1) or month < date(2017, 4, 1)
    options = "format csv, header false" + (
        f", force_quote ({', '.join(quote(name) for name in columns if is_text(name))})" if quoted else ""
    )
    order = "records.id, copy" if month >= MODERN else "starts, records.id, copy"
    con.execute(f"""
        copy (
            select {listed} from records
            left join stations as origin on origin.number = here and origin.month = date_trunc('month', starts)
            left join stations as target on target.number = there and target.month = origin.month
            order by {order}
        ) to '{path}' ({options})
    """)
    return ",".join(quote(name) if quoted else name for name in columns).encode() + b"\n"


def modern(month: date) -> dict[str, str]:
    """The columns since 2021-02; in 2022's first months one stands twice."""
    clock = "%Y-%m-%d %H:%M:%S" + (".%g" if month >= CUT_BY_END else "")
    columns = {
        "ride_id": "upper(lpad(to_hex(records.id), 16, '0'))",
        "rideable_type": "if(is_electric, 'electric_bike', 'classic_bike')",
        "started_at": f"strftime(starts, '{clock}')",
        "ended_at": f"strftime(ends, '{clock}')",
        "start_station_name": "origin.name",
        "start_station_id": "origin.id",
        "end_station_name": "if(is_lost, null, target.name)",
        "end_station_id": "if(is_lost, null, target.id)",
        "start_lat": "origin.lat + if(is_electric, round(0.0002 * (u(records.id, 7) - 0.5), 9), 0)",
        "start_lng": "origin.lng + if(is_electric, round(0.0002 * (u(records.id, 8) - 0.5), 9), 0)",
        "end_lat": "if(is_lost, if(is_electric, round(target.lat, 2), null), target.lat)",
        "end_lng": "if(is_lost, if(is_electric, round(target.lng, 2), null), target.lng)",
        "member_casual": "if(is_member, 'member', 'casual')",
    }
    if date(2022, 1, 1) <= month < date(2022, 4, 1):
        columns["rideable_type_duplicate_column_name_1"] = columns["rideable_type"]
    return columns


def legacy(month: date) -> dict[str, str]:
    """The columns to 2021-01, in capitals from 2016-10 to 2017-03."""
    clock = legacy_clock(month)
    columns = {
        "tripduration": "cast(abs(seconds) as int)",
        "starttime": f"strftime(starts, '{clock}')",
        "stoptime": f"strftime(ends, '{clock}')",
        "start station id": "origin.legacy_id",
        "start station name": "origin.name",
        "start station latitude": "origin.lat",
        "start station longitude": "origin.lng",
        "end station id": "target.legacy_id",
        "end station name": "target.name",
        "end station latitude": "target.lat",
        "end station longitude": "target.lng",
        "bikeid": "14529 + records.id % 20000",
        "usertype": "if(is_member, 'Subscriber', 'Customer')",
        "birth year": f"if(is_member, (1985 + 11 * bell(records.id, 9))::int::varchar, {unknown_birth_year(month)})",
        "gender": "if(is_member, 1 + (u(records.id, 10) < 0.3)::int, 0)",
    }
    return (
        {capitals(name): made for name, made in columns.items()}
        if date(2016, 10, 1) <= month < date(2017, 4, 1)
        else columns
    )


def capitals(name: str) -> str:
    """``Start Station ID``, ``Trip Duration``, as they were written then."""
    apart = {
        "tripduration": "trip duration",
        "starttime": "start time",
        "stoptime": "stop time",
        "bikeid": "bike id",
        "usertype": "user type",
    }
    return apart.get(name, name).title().replace(" Id", " ID")


def legacy_clock(month: date) -> str:
    """How times are written: month/day/year from 2014-09 to 2016-09, at times without seconds; else ISO."""
    if date(2014, 9, 1) <= month < date(2016, 10, 1):
        return (
            "%-m/%-d/%Y %-H:%M"
            if (month.year, month.month) in ((2015, 1), (2015, 2), (2015, 3), (2015, 6))
            else "%-m/%-d/%Y %H:%M:%S"
        )
    return "%Y-%m-%d %H:%M:%S" + (".%g0" if month >= date(2018, 1, 1) else "")


def unknown_birth_year(month: date) -> str:
    """SQL for what stands where a casual rider gave no year; from 2018 on everybody has one."""
    if month < date(2014, 9, 1):
        return r"'\N'"
    return "null" if month < date(2017, 4, 1) else "'NULL'" if month < date(2018, 1, 1) else "'1969'"


def is_text(name: str) -> bool:
    return not name.endswith(("_lat", "_lng", "latitude", "longitude"))


def quote(name: str) -> str:
    return f'"{name}"'
