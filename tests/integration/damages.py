"""What is done to months before they are published, and what is to be said of each."""

from typing import Any, NamedTuple

JULY, AUGUST, OCTOBER, NOVEMBER = "2024-07", "2024-08", "2024-10", "2024-11"


class Damage(NamedTuple):
    """What is done to one source's month, and what is to be said of it."""

    name: str
    month: str
    source: str
    change: Any  # a select of trips or rides, a change of members, a change of the weather's columns
    severity: str
    broken: str  # the expectation, in words
    says: str  # in the finding's sentence


def weather_of_another_year(hourly: dict[str, list[Any]]) -> None:
    hourly["time"] = [time.replace("2024-", "2023-") for time in hourly["time"]]


def in_fahrenheit(hourly: dict[str, list[Any]]) -> None:
    hourly["temperature_2m"] = [value * 9 / 5 + 32 for value in hourly["temperature_2m"]]


def frozen(hourly: dict[str, list[Any]]) -> None:
    hourly["temperature_2m"] = [13.2 for _ in hourly["temperature_2m"]]


def in_tenths_of_millimetres(hourly: dict[str, list[Any]]) -> None:
    for name in ("precipitation", "rain"):
        hourly[name] = [value * 100 for value in hourly[name]]


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
        "a day stands twice",
        AUGUST,
        "yellow_taxi",
        "from trips union all by name from trips where day(tpep_pickup_datetime) = 13",
        "warning",
        "few rows of a day are copies of others",
        "2024-08-13",
    ),
    Damage(
        "fares are in cents",
        OCTOBER,
        "yellow_taxi",
        "select * replace (fare_amount * 100 as fare_amount) from trips",
        "critical",
        "fares are of tens of dollars, not of thousands",
        "allowed: at most 2 % of rows",
    ),
    Damage(
        "times are shifted by five hours",
        NOVEMBER,
        "yellow_taxi",
        SHIFTED,
        "critical",
        "at most a tenth of the trips begin between 2 and 5 in the morning",
        "as if the clock were shifted",
    ),
    Damage(
        "all zones are null",
        JULY,
        "green_taxi",
        "select * replace (null::int as PULocationID, null::int as DOLocationID) from trips",
        "critical",
        "nearly every trip has a pickup zone",
        "(100 %)",
    ),
    Damage(
        "all zones are unknown",
        AUGUST,
        "green_taxi",
        "select * replace (264 as PULocationID) from trips",
        "critical",
        "at most a tenth of the trips begin in an unknown zone",
        "100.0 % do",
    ),
    Damage(
        "beginnings and ends are exchanged",
        OCTOBER,
        "green_taxi",
        EXCHANGED,
        "critical",
        "trips end after they begin",
        "allowed: at most 5 % of rows",
    ),
    Damage(
        "distances are in feet",
        NOVEMBER,
        "green_taxi",
        "select * replace (trip_distance * 5280 as trip_distance) from trips",
        "warning",
        "trips are as long as usual",
        "allowed: at least",
    ),
    Damage(
        "the file is that of the month before",
        JULY,
        "fhv_taxi",
        A_MONTH_EARLIER,
        "critical",
        "at most half of the rows are rejected",
        "pickup_outside_file_month",
    ),
    Damage(
        "bases are lost",
        AUGUST,
        "fhv_taxi",
        "select * replace (null::varchar as dispatching_base_num) from trips",
        "critical",
        "nearly every trip has its dispatching base",
        "(100 %)",
    ),
    Damage(
        "one row in ten is left",
        OCTOBER,
        "fhv_taxi",
        "select * from trips where hash(pickup_datetime) % 10 = 0",
        "warning",
        "about as many rows as in the six months before",
        "allowed: at least",
    ),
    Damage(
        "zones of another city",
        NOVEMBER,
        "fhv_taxi",
        "select * replace (PUlocationID + 1000 as PUlocationID) from trips",
        "critical",
        "pickup zones are among the 265",
        "(100 %)",
    ),
    Damage(
        "half the rides of one station are left",
        JULY,
        "citibike",
        HALF_OF_ONE_STATION,
        "warning",
        "busy stations are as busy as usual",
        "of the rides, usually",
    ),
    Damage(
        "the second CSV is left out",
        AUGUST,
        "citibike",
        second_csv_left_out,
        "critical",
        "the CSVs of the month are numbered without a gap",
        "only 202408-citibike-tripdata_1.csv, 202408-citibike-tripdata_3.csv",
    ),
    Damage(
        "latitudes and longitudes are exchanged",
        OCTOBER,
        "citibike",
        "select * replace (start_lat as start_lng, start_lng as start_lat) from rides",
        "critical",
        "rides begin in New York or across the Hudson",
        "(100 %)",
    ),
    Damage(
        "stations are lost",
        NOVEMBER,
        "citibike",
        "select * replace (null as start_station_id) from rides",
        "critical",
        "nearly every ride began at a station",
        "(100 %)",
    ),
    Damage(
        "members are called subscribers",
        JULY,
        "citibike_jc",
        "select * replace (if(member_casual = 'member', 'Abonnent', member_casual) as member_casual) from rides",
        "critical",
        "nearly every rider is known for a member or casual",
        "allowed: at most 10 % of rows",
    ),
    Damage(
        "the clock is Greenwich's",
        AUGUST,
        "citibike_jc",
        GREENWICH,
        "warning",
        "the trips of a day are spread over its hours as usual",
        "usually",
    ),
    Damage(
        "rides last a tenth of a second",
        OCTOBER,
        "citibike_jc",
        "select * replace (started_at as ended_at) from rides",
        "critical",
        "half of the trips take between 2 and 90 minutes",
        "0.0 minutes",
    ),
    Damage(
        "a week is missing",
        NOVEMBER,
        "citibike_jc",
        "from rides where day(started_at::timestamp) not between 10 and 17",
        "critical",
        "no week of days is without rides",
        "2024-11-10, 2024-11-11",
    ),
    Damage(
        "the weather is of another year",
        JULY,
        "weather",
        weather_of_another_year,
        "critical",
        "every hour of the month has a temperature",
        "2024-07-01",
    ),
    Damage(
        "degrees are Fahrenheit's",
        AUGUST,
        "weather",
        in_fahrenheit,
        "critical",
        "the month is as warm as its kind, give or take 10 °C",
        "normally 24.5",
    ),
    Damage(
        "the thermometer is stuck",
        OCTOBER,
        "weather",
        frozen,
        "critical",
        "temperature changes over the month",
        "0; allowed: at least 1",
    ),
    Damage(
        "rain is in another unit",
        NOVEMBER,
        "weather",
        in_tenths_of_millimetres,
        "warning",
        "it does not rain all month, nor too little to be New York",
        "mm in all",
    ),
]
