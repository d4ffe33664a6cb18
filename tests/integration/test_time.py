"""Trips and weather meet in the right hour: the clocks' changes, the edges of months, rides in two files."""

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
from tests.conftest import Place, made_once
from tests.integration.published import Files
from tests.integration.together import counters, run_together

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
    "citibike": LATER,  # three pairs of neighbours, with rides in two files: legacy, cut anew, cut by ends
}
FEEDS = [(source, month) for source, months in MONTHS.items() for month in months]
ODD = (datetime(2024, 3, 10, 2, 30), datetime(2024, 2, 29, 23, 59, 59), datetime(2024, 4, 1, 0, 10))
"""Put into yellow's 2024-03: a time that no clock showed, and two just outside the month."""
VALUES = {
    "temperature_2m": "temperature_c",
    "wind_speed_10m": "wind_speed_ms",
    "precipitation": "precipitation_mm",
    "rain": "rain_mm",
    "snowfall": "snowfall_cm",
}
WEATHER = ", ".join(VALUES.values())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, known: Callable[[Place], Place]) -> Iterator[Place]:
    with serve(made_once(tmp_path_factory, "time-upstream", make)) as upstream:

        def run(folder: Path) -> None:
            run_together(known(Place(folder, upstream)), FEEDS)

        yield Place(made_once(tmp_path_factory, "time", run), upstream)


def make(root: Path) -> None:
    """Months in which clocks change, and neighbours of whom bikes' files share rides."""
    dirt = {**ANOMALIES, "citibike": {**ANOMALIES["citibike"], "in_two_files": 6, "unreadable": 0}}
    rows = {"yellow_taxi": 5000, "fhv_taxi": 1500, "citibike": 5000}
    for source, months in MONTHS.items():
        generate(root, months, sources=[source, "taxi_zones"], rows=rows, anomalous_months=months, anomalies=dirt)
    stamp(root / "trip-data/yellow_tripdata_2024-03.parquet")


def stamp(file: Path) -> None:
    """Adds a trip of ten minutes for each of the odd times."""
    table = parquet.read_table(file)
    names = ("tpep_pickup_datetime", "tpep_dropoff_datetime")
    for number, odd in enumerate(ODD):
        trip = table.slice(number, 1)
        for name, time in zip(names, (odd, odd + timedelta(minutes=10)), strict=True):
            at = trip.schema.get_field_index(name)
            trip = trip.set_column(at, name, pa.array([time], trip.schema.field(at).type))
        table = pa.concat_tables([table, trip])
    parquet.write_table(table, file)


@pytest.fixture(scope="module")
def files(place: Place) -> Files:
    return Files(place.upstream.root)


@pytest.fixture(scope="module")
def weather(place: Place) -> dict[datetime, tuple[float, ...]]:
    """What each hour of UTC was like, asked of the publisher: what fell in it is in the answer for the next."""
    labelled: dict[datetime, dict[str, float]] = {}
    for month in sorted({month for _, month in FEEDS}):
        span = {"start_date": str(month - DAY), "end_date": str(month + 34 * DAY), "hourly": ",".join(VALUES)}
        where = {"latitude": "40.7128", "longitude": "-74.0060", "timezone": "GMT", "wind_speed_unit": "ms"}
        answer = requests.get(f"{place.upstream.url}/v1/archive", span | where, timeout=10).json()["hourly"]
        for number, label in enumerate(answer["time"]):
            labelled[datetime.fromisoformat(label)] = {name: answer[name][number] for name in VALUES}
    return {
        hour: tuple(
            labelled[hour if name in ("temperature_2m", "wind_speed_10m") else hour + HOUR][name] for name in VALUES
        )
        for hour in labelled
        if hour + HOUR in labelled
    }


def utc_of(local: datetime) -> datetime:
    """The first hour of UTC that New York's clocks showed so; of one that they skipped, that of standard time."""
    return local.replace(tzinfo=NEW_YORK, fold=0).astimezone(UTC).replace(tzinfo=None)


def shown_in(month: date) -> list[datetime]:
    """The hours that clocks showed in a month, the one that came twice once."""
    first = datetime(month.year, month.month, 1)
    after = (first + 31 * DAY).replace(day=1)
    hours = [utc_of(first) + number * HOUR for number in range((utc_of(after) - utc_of(first)) // HOUR)]
    return sorted({hour.replace(tzinfo=UTC).astimezone(NEW_YORK).replace(tzinfo=None) for hour in hours})


def trips_by_hour(files: Files, source: str) -> Counter[datetime]:
    every = [trip for (feed, _), trips in files.trips.items() if feed == source for trip in trips]
    return Counter(trip.hour for trip in every if trip.reason is None and not trip.is_adjustment)


# ---------------------------------------------------------------- trips of an hour


@pytest.mark.parametrize("source", MODES)
def test_each_hour_has_the_trips_that_began_in_it(place: Place, files: Files, source: str) -> None:
    """In the facts and in the hourly sums, whichever month's file held them."""
    wanted, mode = trips_by_hour(files, source), MODES[source]
    trips = f"core.fct_trips where source = '{source}' and not is_adjustment"
    facts = place.query(f"select date_trunc('hour', pickup_datetime), count(*) from {trips} group by 1")
    assert dict(facts) == wanted
    hours = f"core.fct_hourly_mobility where trip_type = '{mode}' and trip_count > 0"
    assert dict(place.query(f"select hour_timestamp, sum(trip_count) from {hours} group by 1")) == wanted


def test_an_hour_of_a_mode_and_borough_is_one_row(place: Place) -> None:
    hours = "core.fct_hourly_mobility group by hour_timestamp, trip_type, pickup_borough having count(*) > 1"
    assert place.query(f"select hour_timestamp, trip_type, pickup_borough, count(*) from {hours} limit 5") == []


@pytest.mark.parametrize("source", MODES)
def test_every_hour_that_clocks_showed_is_there_with_or_without_trips(place: Place, files: Files, source: str) -> None:
    hours = place.query(
        f"select distinct hour_timestamp from core.fct_hourly_mobility where trip_type = '{MODES[source]}'"
    )
    shown = {hour for month in MONTHS[source] for hour in shown_in(month)}
    assert {hour for (hour,) in hours} == shown | set(trips_by_hour(files, source))
    boroughs = place.query(f"""
        select distinct count(distinct pickup_borough) from core.fct_hourly_mobility
        where trip_type = '{MODES[source]}' and strftime(hour_timestamp, '%Y-%m-01')::date in ({listed(MONTHS[source])})
            and hour_timestamp <> '{ODD[0]:%Y-%m-%d %H:00}'
    """)
    assert boroughs == place.query("select count(distinct borough) from core.dim_location")


def listed(months: list[date]) -> str:
    return ", ".join(f"date '{month}'" for month in months)


def test_a_ride_in_two_files_is_a_fact_of_the_earlier_one(place: Place, files: Files) -> None:
    twice = {feed: sum(trip.reason == "in_earlier_file" for trip in trips) for feed, trips in files.trips.items()}
    neighbours = [("citibike", month) for month in (date(2020, 3, 1), date(2024, 8, 1), date(2024, 11, 1))]
    told = {feed: files.told[feed]["counts"]["in_two_files"] for feed in neighbours}
    assert {feed: number for feed, number in twice.items() if number} == told
    assert told["citibike", date(2024, 8, 1)] > 6, "some by nature: 2024-07 was cut by starts, 2024-08 by ends"
    reasons = counters(place, "reason", "audit.rejected_trips")
    assert {feed: found["in_earlier_file"] for feed, found in reasons.items() if found["in_earlier_file"]} == told


def test_rows_are_rejected_for_what_their_files_show(place: Place, files: Files) -> None:
    """Also those that seem to end before they begin in the night the clocks go back."""
    found = counters(place, "reason", "audit.rejected_trips where reason <> 'in_earlier_file'")
    own = {feed: [trip.reason for trip in trips if trip.reason] for feed, trips in files.trips.items()}
    wanted = {
        feed: Counter(reason for reason in reasons if reason != "in_earlier_file") for feed, reasons in own.items()
    }
    assert found == wanted
    assert sum(file["counts"].get("fall_back_hour", 0) for file in files.told.values()) > 0


# ---------------------------------------------------------------- weather of an hour


def test_each_trip_has_the_weather_of_the_hour_in_which_it_began(place: Place, weather: dict[datetime, Any]) -> None:
    found = place.query(f"""
        select date_trunc('hour', pickup_datetime), {WEATHER}, count(*)
        from core.fct_trips left join core.dim_weather using (weather_key) group by all
    """)
    assert [(hour, *values) for hour, *values, _ in found] == [(hour, *weather[utc_of(hour)]) for hour, *_ in found]
    assert sum(row[-1] for row in found) == place.query("select count(*) from core.fct_trips")[0][0]
    assert sum(row[-1] for row in found if row[3] > 0) > 500, "it must rain at times to show anything"


def test_each_hour_without_trips_has_its_weather_too(place: Place, weather: dict[datetime, Any]) -> None:
    hours = "core.fct_hourly_mobility left join core.dim_weather using (weather_key)"
    found = place.query(f"select distinct hour_timestamp, {WEATHER} from {hours}")
    assert sorted(found) == [(hour, *weather[utc_of(hour)]) for hour in sorted(row[0] for row in found)]
    assert len({hour for hour, *_ in found}) == len(found)


def test_each_hour_of_utc_is_described_by_what_fell_in_it(place: Place, weather: dict[datetime, Any]) -> None:
    """All of the month in New York: both hours of the one that came twice."""
    found = {hour: tuple(values) for hour, *values in place.query(f"select utc_hour, {WEATHER} from core.dim_weather")}
    for month in {month for _, month in FEEDS}:
        first, last = utc_of(shown_in(month)[0]), utc_of(shown_in(month)[-1])
        hours = [first + number * HOUR for number in range((last - first) // HOUR + 1)]
        assert len(hours) == len(shown_in(month)) + (month.month == 11)
        assert {hour: found[hour] for hour in hours} == {hour: weather[hour] for hour in hours}


@pytest.mark.parametrize("night", AUTUMN, ids=str)
def test_the_hour_that_comes_twice_has_the_weather_of_the_first(place: Place, night: datetime) -> None:
    trips = f"core.fct_trips where date_trunc('hour', pickup_datetime) = '{night + HOUR}'"
    assert place.query(f"select distinct weather_key from {trips}") == [(int(f"{night + 5 * HOUR:%Y%m%d%H}"),)]
    shown = place.query(f"select utc_hour from core.dim_weather where local_hour = '{night + HOUR}' order by 1")
    assert shown == [(night + 5 * HOUR,), (night + 6 * HOUR,)]


@pytest.mark.parametrize("night", SPRING, ids=str)
def test_the_hour_that_is_skipped_is_no_hour_unless_a_trip_is_stamped_so(place: Place, night: datetime) -> None:
    hour = f"hour_timestamp = '{night + 2 * HOUR}'"
    found = place.query(f"select trip_type, trip_count, weather_key from core.fct_hourly_mobility where {hour}")
    stamped = night.date() == ODD[0].date()
    assert found == ([("yellow_taxi", 1, int(f"{night + 7 * HOUR:%Y%m%d%H}"))] if stamped else [])


def test_trips_just_outside_their_files_month_keep_their_hour(place: Place) -> None:
    for odd in ODD[1:]:
        row = f"core.fct_trips where pickup_datetime = '{odd}' and source_month = '2024-03-01'"
        assert place.query(f"select date_key, time_key from {row}") == [(int(f"{odd:%Y%m%d}"), odd.hour)]
        hour = f"trip_type = 'yellow_taxi' and hour_timestamp = '{odd.replace(minute=0, second=0)}'"
        assert place.query(f"select sum(trip_count) from core.fct_hourly_mobility where {hour}") == [(1,)]
