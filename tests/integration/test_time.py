"""Trips have the weather of their hour: at clock changes, at the edges of months, and for rides in two files."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
import requests
from pyarrow import parquet

from pipeline.sample.generate import ANOMALIES, generate
from pipeline.sample.server import serve
from tests.conftest import Workspace, create_once
from tests.integration.batch import counts_by_source_month, load_and_transform
from tests.integration.published_files import PublishedFiles

NEW_YORK, HOUR, DAY = ZoneInfo("America/New_York"), timedelta(hours=1), timedelta(days=1)
MODES = {"yellow_taxi": "yellow_taxi", "fhv_taxi": "fhv", "citibike": "citibike"}
SPRING, AUTUMN = (
    (datetime(2012, 3, 11), datetime(2020, 3, 8), datetime(2024, 3, 10)),
    (datetime(2012, 11, 4), datetime(2020, 11, 1), datetime(2024, 11, 3)),
)
LATER = [
    date.fromisoformat(f"{month}-01")
    for month in ("2020-02", "2020-03", "2020-11", "2024-03", "2024-07", "2024-08", "2024-10", "2024-11")
]
MONTHS = {
    "yellow_taxi": [date(2012, 3, 1), date(2012, 11, 1), *LATER],
    "fhv_taxi": [date(2024, 3, 1), date(2024, 11, 1)],
    "citibike": LATER,  # three pairs of months with rides in two files: without ids, 2024-07 and 2024-08, by end times
}
SOURCE_MONTHS = [(source, month) for source, months in MONTHS.items() for month in months]
UNUSUAL_TIMES = (datetime(2024, 3, 10, 2, 30), datetime(2024, 2, 29, 23, 59, 59), datetime(2024, 4, 1, 0, 10))
"""Added to yellow's 2024-03: a time in the skipped hour, and two times just outside the month."""
WEATHER_COLUMNS = {
    "temperature_2m": "temperature_c",
    "wind_speed_10m": "wind_speed_ms",
    "precipitation": "precipitation_mm",
    "rain": "rain_mm",
    "snowfall": "snowfall_cm",
}
WEATHER = ", ".join(WEATHER_COLUMNS.values())


@pytest.fixture(scope="module")
def workspace(
    tmp_path_factory: pytest.TempPathFactory, with_project_files: Callable[[Workspace], Workspace]
) -> Iterator[Workspace]:
    with serve(create_once(tmp_path_factory, "time-upstream", generate_months)) as upstream:

        def run(folder: Path) -> None:
            load_and_transform(with_project_files(Workspace(folder, upstream)), SOURCE_MONTHS)

        yield Workspace(create_once(tmp_path_factory, "time", run), upstream)


def generate_months(root: Path) -> None:
    """Generate months with clock changes, and neighbouring months with rides in two files."""
    anomalies = {**ANOMALIES, "citibike": {**ANOMALIES["citibike"], "in_two_files": 6, "unreadable": 0}}
    rows = {"yellow_taxi": 5000, "fhv_taxi": 1500, "citibike": 5000}
    for source, months in MONTHS.items():
        sources = [source, "taxi_zones"]
        generate(root, months, sources=sources, rows=rows, anomalous_months=months, anomalies=anomalies)
    add_unusual_times(root / "trip-data/yellow_tripdata_2024-03.parquet")


def add_unusual_times(file: Path) -> None:
    """Add a trip of ten minutes at each of the unusual times."""
    table = parquet.read_table(file)
    names = ("tpep_pickup_datetime", "tpep_dropoff_datetime")
    for number, start in enumerate(UNUSUAL_TIMES):
        trip = table.slice(number, 1)
        for name, time in zip(names, (start, start + timedelta(minutes=10)), strict=True):
            index = trip.schema.get_field_index(name)
            trip = trip.set_column(index, name, pa.array([time], trip.schema.field(index).type))
        table = pa.concat_tables([table, trip])
    parquet.write_table(table, file)


@pytest.fixture(scope="module")
def files(workspace: Workspace) -> PublishedFiles:
    return PublishedFiles(workspace.upstream.root)


@pytest.fixture(scope="module")
def weather(workspace: Workspace) -> dict[datetime, tuple[float, ...]]:
    """The publisher's weather of each hour of UTC. Its precipitation has the label of the next hour."""
    labelled: dict[datetime, dict[str, float]] = {}
    for month in sorted({month for _, month in SOURCE_MONTHS}):
        span = {"start_date": str(month - DAY), "end_date": str(month + 34 * DAY), "hourly": ",".join(WEATHER_COLUMNS)}
        options = {"latitude": "40.7128", "longitude": "-74.0060", "timezone": "GMT", "wind_speed_unit": "ms"}
        answer = requests.get(f"{workspace.upstream.url}/v1/archive", span | options, timeout=10).json()["hourly"]
        for number, label in enumerate(answer["time"]):
            labelled[datetime.fromisoformat(label)] = {name: answer[name][number] for name in WEATHER_COLUMNS}
    return {
        hour: tuple(
            labelled[hour if name in ("temperature_2m", "wind_speed_10m") else hour + HOUR][name]
            for name in WEATHER_COLUMNS
        )
        for hour in labelled
        if hour + HOUR in labelled
    }


def utc_of(local: datetime) -> datetime:
    """The first hour of UTC with that time in New York; for the skipped hour, that of standard time."""
    return local.replace(tzinfo=NEW_YORK, fold=0).astimezone(UTC).replace(tzinfo=None)


def local_hours(month: date) -> list[datetime]:
    """The hours of a month in New York; the repeated hour once."""
    first = datetime(month.year, month.month, 1)
    after = (first + 31 * DAY).replace(day=1)
    hours = [utc_of(first) + number * HOUR for number in range((utc_of(after) - utc_of(first)) // HOUR)]
    return sorted({hour.replace(tzinfo=UTC).astimezone(NEW_YORK).replace(tzinfo=None) for hour in hours})


def trips_by_hour(files: PublishedFiles, source: str) -> Counter[datetime]:
    of_source = [trip for (name, _), trips in files.trips.items() if name == source for trip in trips]
    return Counter(trip.hour for trip in of_source if trip.reason is None and not trip.is_adjustment)


# ---------------------------------------------------------------- trips of an hour


@pytest.mark.parametrize("source", MODES)
def test_an_hour_has_the_trips_that_began_in_it(workspace: Workspace, files: PublishedFiles, source: str) -> None:
    """In the facts and in the hourly sums, whichever file they are in."""
    expected, mode = trips_by_hour(files, source), MODES[source]
    trips = f"core.fct_trips where source = '{source}' and not is_adjustment"
    facts = workspace.query(f"select date_trunc('hour', pickup_datetime), count(*) from {trips} group by 1")
    assert dict(facts) == expected
    hours = f"core.fct_hourly_mobility where trip_type = '{mode}' and trip_count > 0"
    assert dict(workspace.query(f"select hour_timestamp, sum(trip_count) from {hours} group by 1")) == expected


def test_each_hour_mode_and_borough_is_one_row(workspace: Workspace) -> None:
    hours = "core.fct_hourly_mobility group by hour_timestamp, trip_type, pickup_borough having count(*) > 1"
    assert workspace.query(f"select hour_timestamp, trip_type, pickup_borough, count(*) from {hours} limit 5") == []


@pytest.mark.parametrize("source", MODES)
def test_every_local_hour_has_a_row_with_or_without_trips(
    workspace: Workspace, files: PublishedFiles, source: str
) -> None:
    hours = workspace.query(
        f"select distinct hour_timestamp from core.fct_hourly_mobility where trip_type = '{MODES[source]}'"
    )
    existing = {hour for month in MONTHS[source] for hour in local_hours(month)}
    assert {hour for (hour,) in hours} == existing | set(trips_by_hour(files, source))
    boroughs = workspace.query(f"""
        select distinct count(distinct pickup_borough) from core.fct_hourly_mobility
        where trip_type = '{MODES[source]}'
            and strftime(hour_timestamp, '%Y-%m-01')::date in ({date_list(MONTHS[source])})
            and hour_timestamp <> '{UNUSUAL_TIMES[0]:%Y-%m-%d %H:00}'
    """)
    assert boroughs == workspace.query("select count(distinct borough) from core.dim_location")


def date_list(months: list[date]) -> str:
    return ", ".join(f"date '{month}'" for month in months)


def test_a_ride_in_two_files_is_a_fact_of_the_earlier_file(workspace: Workspace, files: PublishedFiles) -> None:
    repeated = {key: sum(trip.reason == "in_earlier_file" for trip in trips) for key, trips in files.trips.items()}
    neighbours = [("citibike", month) for month in (date(2020, 3, 1), date(2024, 8, 1), date(2024, 11, 1))]
    expected = {key: files.manifest[key]["counts"]["in_two_files"] for key in neighbours}
    assert {key: number for key, number in repeated.items() if number} == expected
    assert expected["citibike", date(2024, 8, 1)] > 6  # and rides across midnight: see sample/citibike.py
    reasons = counts_by_source_month(workspace, "reason", "audit.rejected_trips")
    assert {key: found["in_earlier_file"] for key, found in reasons.items() if found["in_earlier_file"]} == expected


def test_rows_are_rejected_for_the_expected_reason(workspace: Workspace, files: PublishedFiles) -> None:
    """Not for trips of the repeated hour whose end is before their start by the clock."""
    found = counts_by_source_month(workspace, "reason", "audit.rejected_trips where reason <> 'in_earlier_file'")
    reasons = {key: [trip.reason for trip in trips if trip.reason] for key, trips in files.trips.items()}
    expected = {
        key: Counter(reason for reason in listed if reason != "in_earlier_file") for key, listed in reasons.items()
    }
    assert found == expected
    assert sum(file["counts"].get("fall_back_hour", 0) for file in files.manifest.values()) > 0


@pytest.mark.parametrize("source", MODES)
def test_a_trip_lasts_as_long_as_in_utc(workspace: Workspace, files: PublishedFiles, source: str) -> None:
    """Over both clock changes of three years, and in the repeated hour."""
    nights = [night.date() for night in (*SPRING, *AUTUMN)]
    near = [day for night in nights for day in (night - DAY, night)]
    found = workspace.query(f"""
        select pickup_datetime, dropoff_datetime, trip_duration_minutes from core.fct_trips
        where source = '{source}' and pickup_datetime::date in ({date_list(near)})
    """)
    trips = [trip for (name, _), listed in files.trips.items() if name == source for trip in listed]
    expected = Counter(
        (trip["starts"], trip["ends"], None if trip.duration is None else trip.duration / timedelta(minutes=1))
        for trip in trips
        if trip.reason is None and trip["starts"].date() in near
    )
    assert Counter(found) == expected and len(found) > 100
    differ = [ends and (ends - starts) / timedelta(minutes=1) != minutes for starts, ends, minutes in found]
    assert any(differ) or source == "fhv_taxi"  # which has too few trips with an end in these nights


# ---------------------------------------------------------------- weather of an hour


def test_a_trip_has_the_weather_of_the_hour_in_which_it_began(
    workspace: Workspace, weather: dict[datetime, Any]
) -> None:
    found = workspace.query(f"""
        select date_trunc('hour', pickup_datetime), {WEATHER}, count(*)
        from core.fct_trips left join core.dim_weather using (weather_key) group by all
    """)
    assert [(hour, *values) for hour, *values, _ in found] == [(hour, *weather[utc_of(hour)]) for hour, *_ in found]
    assert sum(row[-1] for row in found) == workspace.query("select count(*) from core.fct_trips")[0][0]
    assert sum(row[-1] for row in found if row[3] > 0) > 500  # enough trips in rain


def test_an_hour_without_trips_has_its_weather(workspace: Workspace, weather: dict[datetime, Any]) -> None:
    hours = "core.fct_hourly_mobility left join core.dim_weather using (weather_key)"
    found = workspace.query(f"select distinct hour_timestamp, {WEATHER} from {hours}")
    assert sorted(found) == [(hour, *weather[utc_of(hour)]) for hour in sorted(row[0] for row in found)]
    assert len({hour for hour, *_ in found}) == len(found)


def test_an_hour_of_utc_has_the_precipitation_that_fell_in_it(
    workspace: Workspace, weather: dict[datetime, Any]
) -> None:
    """All hours of the month in New York, both of the repeated hour."""
    found = {
        hour: tuple(values) for hour, *values in workspace.query(f"select utc_hour, {WEATHER} from core.dim_weather")
    }
    for month in {month for _, month in SOURCE_MONTHS}:
        first, last = utc_of(local_hours(month)[0]), utc_of(local_hours(month)[-1])
        hours = [first + number * HOUR for number in range((last - first) // HOUR + 1)]
        assert len(hours) == len(local_hours(month)) + (month.month == 11)
        assert {hour: found[hour] for hour in hours} == {hour: weather[hour] for hour in hours}


@pytest.mark.parametrize("night", AUTUMN, ids=str)
def test_the_repeated_hour_has_the_weather_of_its_first_hour(workspace: Workspace, night: datetime) -> None:
    trips = f"core.fct_trips where date_trunc('hour', pickup_datetime) = '{night + HOUR}'"
    assert workspace.query(f"select distinct weather_key from {trips}") == [(int(f"{night + 5 * HOUR:%Y%m%d%H}"),)]
    found = workspace.query(f"select utc_hour from core.dim_weather where local_hour = '{night + HOUR}' order by 1")
    assert found == [(night + 5 * HOUR,), (night + 6 * HOUR,)]


@pytest.mark.parametrize("night", SPRING, ids=str)
def test_the_skipped_hour_has_no_row_unless_a_trip_has_its_time(workspace: Workspace, night: datetime) -> None:
    hour = f"hour_timestamp = '{night + 2 * HOUR}'"
    found = workspace.query(f"select trip_type, trip_count, weather_key from core.fct_hourly_mobility where {hour}")
    has_trip = night.date() == UNUSUAL_TIMES[0].date()
    assert found == ([("yellow_taxi", 1, int(f"{night + 7 * HOUR:%Y%m%d%H}"))] if has_trip else [])


def test_trips_just_outside_the_month_of_their_file_have_their_own_hour(workspace: Workspace) -> None:
    for time in UNUSUAL_TIMES[1:]:
        row = f"core.fct_trips where pickup_datetime = '{time}' and source_month = '2024-03-01'"
        assert workspace.query(f"select date_key, time_key from {row}") == [(int(f"{time:%Y%m%d}"), time.hour)]
        hour = f"trip_type = 'yellow_taxi' and hour_timestamp = '{time.replace(minute=0, second=0)}'"
        assert workspace.query(f"select sum(trip_count) from core.fct_hourly_mobility where {hour}") == [(1,)]
