"""Damages to generated months of trips, and the finding that is expected for each."""

from typing import Any, NamedTuple

JULY, AUGUST, OCTOBER, NOVEMBER = "2024-07", "2024-08", "2024-10", "2024-11"


class Damage(NamedTuple):
    """A damage to one month of a source, and the finding that is expected for it."""

    name: str
    month: str
    source: str
    change: Any
    """SQL over ``trips`` or ``rides``, or a function that changes a file of a zip archive or the weather's columns."""
    severity: str
    description: str
    """The expectation that fails."""
    excerpt: str
    """A part of the finding's sentence."""


def second_csv_left_out(name: str, text: bytes) -> bytes | None:
    return None if "_2" in name else text


SHIFTED = """
    select * replace (
        tpep_pickup_datetime + interval 5 hour as tpep_pickup_datetime,
        tpep_dropoff_datetime + interval 5 hour as tpep_dropoff_datetime
    ) from trips
"""
EXCHANGED = """
    select * replace (
        lpep_pickup_datetime as lpep_dropoff_datetime, lpep_dropoff_datetime as lpep_pickup_datetime
    ) from trips
"""
A_MONTH_EARLIER = """
    select * replace (
        pickup_datetime - interval 31 day as pickup_datetime, "dropOff_datetime" - interval 31 day as "dropOff_datetime"
    ) from trips
"""
HALF_OF_ONE_STATION = """
    select * exclude (nth, busiest) from (
        select *, row_number() over (partition by start_station_id order by ride_id) as nth,
            mode(start_station_id) over () as busiest from rides
    ) where start_station_id is distinct from busiest or nth % 2 = 0
"""
GREENWICH = """
    select * replace (
        strftime(started_at::timestamp + interval 5 hour, '%Y-%m-%d %H:%M:%S') as started_at,
        strftime(ended_at::timestamp + interval 5 hour, '%Y-%m-%d %H:%M:%S') as ended_at
    ) from rides
"""

AGAIN = """
    from rides union all by name
    select * replace (end_station_name || ' St' as end_station_name) from (from rides limit 200)
"""

DAMAGES = [
    Damage(
        "a day is missing",
        JULY,
        "yellow_taxi",
        "from trips where day(tpep_pickup_datetime) <> 17",
        "critical",
        "every day of the month has trips",
        "2024-07-17",
    ),
    Damage(
        "a day is duplicated",
        AUGUST,
        "yellow_taxi",
        "from trips union all by name from trips where day(tpep_pickup_datetime) = 13",
        "warning",
        "exact duplicates of a day are at most 20% of its trips",
        "2024-08-13",
    ),
    Damage(
        "fares are in cents",
        OCTOBER,
        "yellow_taxi",
        "select * replace (fare_amount * 100 as fare_amount) from trips",
        "critical",
        "fares are between -500 and 500 dollars",
        "(limit 2%)",
    ),
    Damage(
        "times are shifted by five hours",
        NOVEMBER,
        "yellow_taxi",
        SHIFTED,
        "critical",
        "at most 10% of trips begin between 02:00 and 05:00",
        "as if the clock were shifted",
    ),
    Damage(
        "all zones are null",
        JULY,
        "green_taxi",
        "select * replace (null::int as PULocationID, null::int as DOLocationID) from trips",
        "critical",
        "every trip has a pickup zone",
        " rows are null (limit ",
    ),
    Damage(
        "all zones are unknown",
        AUGUST,
        "green_taxi",
        "select * replace (264 as PULocationID) from trips",
        "critical",
        "at most 10% of trips begin in an unknown zone",
        "100.0% of trips",
    ),
    Damage(
        "beginnings and ends are exchanged",
        OCTOBER,
        "green_taxi",
        EXCHANGED,
        "critical",
        "trips do not end before they begin",
        "(limit 5%)",
    ),
    Damage(
        "distances are in feet",
        NOVEMBER,
        "green_taxi",
        "select * replace (trip_distance * 5280 as trip_distance) from trips",
        "warning",
        "the median distance is between half and twice the usual",
        " (limit 1.48 to 5.92)",
    ),
    Damage(
        "the file is that of the month before",
        JULY,
        "fhv_taxi",
        A_MONTH_EARLIER,
        "critical",
        "at most 50% of rows are rejected",
        "pickup_outside_file_month",
    ),
    Damage(
        "bases are lost",
        AUGUST,
        "fhv_taxi",
        "select * replace (null::varchar as dispatching_base_num) from trips",
        "critical",
        "every trip has a dispatching base",
        " rows are null (limit ",
    ),
    Damage(
        "one row in ten is left",
        OCTOBER,
        "fhv_taxi",
        "select * from trips where hash(pickup_datetime) % 10 = 0",
        "warning",
        "the number of rows is between half and twice the usual",
        " (limit 1,466 to 5,864)",
    ),
    Damage(
        "zones of another city",
        NOVEMBER,
        "fhv_taxi",
        "select * replace (PUlocationID + 1000 as PUlocationID) from trips",
        "critical",
        "pickup zones are between 1 and 265",
        " rows violate it, such as ",
    ),
    Damage(
        "half the rides of one station are left",
        JULY,
        "citibike",
        HALF_OF_ONE_STATION,
        "warning",
        "the 20 busiest stations have at least 60% of their usual share of rides",
        "of the rides (usually",
    ),
    Damage(
        "the second CSV is left out",
        AUGUST,
        "citibike",
        second_csv_left_out,
        "critical",
        "the numbers of the month's CSV files have no gap",
        "found 202408-citibike-tripdata_1.csv, 202408-citibike-tripdata_3.csv",
    ),
    Damage(
        "start positions are 0, 0",
        OCTOBER,
        "citibike",
        "select * replace ('0.0' as start_lat, '0.0' as start_lng) from rides",
        "critical",
        "every ride has a start position in the region",
        " rows are null (limit 1%)",
    ),
    Damage(
        "stations are lost",
        NOVEMBER,
        "citibike",
        "select * replace (null as start_station_id) from rides",
        "critical",
        "every ride has a start station",
        " rows are null (limit ",
    ),
    Damage(
        "members are called subscribers",
        JULY,
        "citibike_jc",
        "select * replace (if(member_casual = 'member', 'Abonnent', member_casual) as member_casual) from rides",
        "critical",
        "every ride has a member type",
        "rows (80.7%) are null (limit 10%)",
    ),
    Damage(
        "the clock is Greenwich's",
        AUGUST,
        "citibike_jc",
        GREENWICH,
        "warning",
        "the hours of the day have their usual shares of trips",
        "(usually ",
    ),
    Damage(
        "rides last a tenth of a second",
        OCTOBER,
        "citibike_jc",
        "select * replace (started_at as ended_at) from rides",
        "critical",
        "the median duration is between 2 and 90 minutes",
        "0.0 minutes",
    ),
    Damage(
        "a week is missing",
        NOVEMBER,
        "citibike_jc",
        "from rides where day(started_at::timestamp) not between 10 and 17",
        "critical",
        "fewer than 7 days of the month are without rides",
        "2024-11-10, 2024-11-11",
    ),
    Damage(
        "some rides are published again with other texts",
        OCTOBER,
        "citibike",
        AGAIN,
        "critical",
        "at most 1% of the rides have the id of another one with other values",
        "% of the rides",
    ),
]
