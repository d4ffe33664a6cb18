"""Every era of every publisher's files, from HTTP to the facts, against what the files themselves say."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipeline.sample.generate import ANOMALIES, generate
from pipeline.sample.server import serve
from pipeline.sources import sources as declared_sources
from tests.conftest import Place, made_once
from tests.integration.published import Files, Trip, lines_of, name_of
from tests.integration.together import Feed, by_feed, counters, run_together

BIKES, CABS = ("citibike", "citibike_jc"), ("green_taxi", "fhv_taxi", "hvfhv_taxi")
ERAS = {
    "2011-01": ("yellow_taxi",),  # the first of yellow: no surcharge, columns of the null type
    "2013-06": ("yellow_taxi", "citibike"),  # birth years \N, every month twice in the archive
    "2013-08": ("yellow_taxi", "green_taxi"),  # the first of green
    "2014-10": ("yellow_taxi", "citibike"),  # 10/1/2014 0:00:27
    "2015-01": ("yellow_taxi", *CABS, "citibike"),  # fhv of three columns; 1/1/2015 0:01; improvement_surcharge
    "2016-11": ("yellow_taxi", *BIKES),  # Start Time, in capitals
    "2017-05": ("yellow_taxi", *CABS, *BIKES),  # fhv with ends, without SR_Flag; birth years NULL
    "2018-03": ("yellow_taxi", *CABS, "citibike"),  # SR_Flag of the null type; milliseconds, the month twice
    "2019-02": ("yellow_taxi", *CABS),  # counts are doubles; congestion_surcharge; the first of hvfhv
    "2019-12": ("yellow_taxi", "citibike"),
    "2021-01": ("yellow_taxi", *CABS, *BIKES),  # airport_fee; rides without an id for the last time
    "2021-02": ("yellow_taxi", *BIKES),  # ride_id, rideable_type
    "2022-02": ("yellow_taxi", "citibike"),  # a column twice
    "2023-02": ("yellow_taxi", *CABS),  # Airport_fee, ids are int32, ehail_fee is a double
    "2024-01": ("yellow_taxi", "citibike"),  # the first monthly archive
    "2024-08": ("yellow_taxi", *BIKES),  # the first month cut by ends; milliseconds again
    "2024-09": ("yellow_taxi", "citibike"),  # zips within the zip
    "2025-01": ("yellow_taxi", *CABS),  # cbd_congestion_fee, vendor 7, no ehail_fee
    "2025-03": ("yellow_taxi", "citibike"),  # .csv.zip again
}
FEEDS = sorted(
    (source, date.fromisoformat(f"{month}-01"))
    for month, sources in ERAS.items()
    for source in sources
    if date.fromisoformat(f"{month}-01") >= declared_sources()[source].first_month
)
UNREADABLE = {date(2019, 12, 1), date(2024, 1, 1)}  # large enough for a line that cannot be read


def make(root: Path) -> None:
    """The eras' files: some hundred rows each, dirty, of bikes in several CSVs."""
    for sources, months, options in recipes():
        generate(root, months, sources=[*sources, "taxi_zones"], anomalous_months=months, rows_per_csv=70, **options)


def recipes() -> Iterator[tuple[tuple[str, ...], list[date], dict[str, Any]]]:
    """Sources, months and options; rides that stand in two files are left to test_time.py."""
    taxis = {"rows": {"yellow_taxi": 600, "green_taxi": 500, "fhv_taxi": 500, "hvfhv_taxi": 500}}
    for sources in (("yellow_taxi",), CABS):
        yield sources, sorted({month for source, month in FEEDS if source in sources}), taxis
    dirt = {**ANOMALIES["citibike"], "in_two_files": 0, "unreadable": 0}
    rides = {"rows": {"citibike": 300, "citibike_jc": 150}, "anomalies": dict.fromkeys(BIKES, dirt)}
    for source in BIKES:
        yield (source,), [month for feed, month in FEEDS if feed == source and month not in UNREADABLE], rides
    for month in UNREADABLE:
        yield ("citibike",), [month], {"rows": {"citibike": 2500}, "anomalies": {"citibike": {**dirt, "unreadable": 1}}}


@pytest.fixture(scope="module")
def eras(tmp_path_factory: pytest.TempPathFactory, known: Callable[[Place], Place]) -> Iterator[Place]:
    with serve(made_once(tmp_path_factory, "eras-upstream", make)) as upstream:

        def run(folder: Path) -> None:
            run_together(known(Place(folder, upstream)), FEEDS)

        yield Place(made_once(tmp_path_factory, "eras", run), upstream)


@pytest.fixture(scope="module")
def files(eras: Place) -> Files:
    return Files(eras.upstream.root)


def facts(files: Files, measure: Callable[[list[Trip]], Any]) -> dict[Feed, Any]:
    """What the files' own rows give for each source and month, of those that are trips."""
    return {feed: measure([trip for trip in trips if trip.reason is None]) for feed, trips in files.trips.items()}


def total(values: list[Any]) -> Any:
    """As SQL adds up: what is not there is left out, and of nothing there is no sum."""
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


# ---------------------------------------------------------------- landing to raw


def test_every_published_row_is_read_or_counted_as_unreadable(eras: Place, files: Files) -> None:
    assert set(files.told) == set(FEEDS)
    counts = {feed: file["counts"] for feed, file in files.told.items()}
    published = {feed: lines_of(files.root / file["file"], feed[1]) for feed, file in files.told.items()}
    assert published == {feed: count["rows"] for feed, count in counts.items()}
    ledger = by_feed(eras, "rows_published, rows_unreadable, rows_raw", "audit.month_ledger where source <> 'weather'")
    assert ledger == {
        feed: (rows, rows - len(files.trips[feed]), len(files.trips[feed])) for feed, rows in published.items()
    }
    assert {feed[1] for feed, (_, unreadable, _) in ledger.items() if unreadable} == UNREADABLE


def raw(place: Place, source: str) -> dict[date, list[dict[str, Any]]]:
    """The raw rows of each month in their order."""
    columns = [str(name) for (name,) in place.query(f"select column_name from (describe raw_data.{source})")]
    found: dict[date, list[dict[str, Any]]] = {}
    for values in place.query(f"from raw_data.{source} order by source_month, source_row"):
        row = {name_of(column): value for column, value in zip(columns, values, strict=True)}
        found.setdefault(row.pop("source_month"), []).append(row)
    return found


@pytest.mark.parametrize("source", sorted({source for source, _ in FEEDS}))
def test_raw_holds_every_published_value_in_the_order_published(eras: Place, files: Files, source: str) -> None:
    for month, rows in raw(eras, source).items():
        published = [trip.row for trip in files.trips[source, month]]
        left_out = set(published[0]) - set(rows[0])
        assert left_out <= {"rideable_type_duplicate_column_name_1"}, month
        wrong = [
            (month, row["source_row"], name, was.get(name), is_)
            for was, row in zip(published, rows, strict=True)
            for name, is_ in row.items()
            if name != "source_row" and is_ != was.get(name)
        ]
        assert wrong[:5] == []


# ---------------------------------------------------------------- raw to facts


def test_rows_are_facts_or_rejected_for_what_their_files_show(eras: Place, files: Files) -> None:
    verdicts = {feed: Counter(trip.reason for trip in trips) for feed, trips in files.trips.items()}
    assert by_feed(eras, "count(*)") == {feed: (reasons.pop(None),) for feed, reasons in verdicts.items()}
    assert counters(eras, "reason", "audit.rejected_trips") == verdicts
    assert set(sum(verdicts.values(), Counter())) == {
        "pickup_outside_file_month",
        "ends_before_it_starts",
        "longer_than_24_h",
        "unknown_zone_id",
        "exact_duplicate",
    }


def test_money_and_miles_add_up_to_the_cent(eras: Place, files: Files) -> None:
    found = by_feed(
        eras,
        """
        sum(fare_amount), sum(tip_amount), sum(total_amount), sum(revenue), sum(trip_distance_miles),
        sum(passenger_count), count(*) filter (is_adjustment)
    """,
    )

    def wanted(trips: list[Trip]) -> tuple[Any, ...]:
        fare, tip, paid = (total([trip.dollars(name) for trip in trips]) for name in ("fare", "tip", "total"))
        miles = total([trip.exact("miles") for trip in trips])
        people = total([trip["passenger_count"] for trip in trips])
        return fare, tip, paid, paid, miles, people, sum(trip.is_adjustment for trip in trips)

    assert found == facts(files, wanted)


def test_trips_begin_and_last_as_published(eras: Place, files: Files) -> None:
    found = by_feed(
        eras,
        """
        min(pickup_datetime), max(pickup_datetime), count(dropoff_datetime), count(trip_duration_minutes),
        sum(epoch_us(dropoff_datetime) - epoch_us(pickup_datetime)), sum(trip_duration_minutes)::decimal(18, 3)
    """,
    )

    def wanted(trips: list[Trip]) -> tuple[Any, ...]:
        starts, lasts = [trip["starts"] for trip in trips], [trip.lasts for trip in trips if trip.lasts is not None]
        us = sum(lasts, timedelta()) // timedelta(microseconds=1) if lasts else None
        minutes = None if us is None else Decimal(us / 60_000_000).quantize(Decimal("0.001"))
        return min(starts), max(starts), len(lasts), len(lasts), us, minutes

    assert found == facts(files, wanted)


MEMBERS = {"Subscriber": "member", "Customer": "casual"}
CATEGORIES: dict[str, tuple[str, Callable[[Trip], Any]]] = {
    "payment_type": ("core.fct_trips", lambda trip: trip["payment_type"]),
    "passenger_count": ("core.fct_trips", lambda trip: trip["passenger_count"]),
    "member_type": ("core.fct_trips", lambda trip: MEMBERS.get(trip["member"], trip["member"])),
    "rideable_type": ("core.fct_trips", lambda trip: trip["rideable_type"]),
    "start_station_id": ("core.trips", lambda trip: trip["start_station_id"]),
    "end_station_id": ("core.trips", lambda trip: trip["end_station_id"]),
    "pickup_location_key": ("core.fct_trips where trip_type <> 'citibike'", lambda trip: trip["pickup"] or 264),
    "dropoff_location_key": ("core.fct_trips where trip_type <> 'citibike'", lambda trip: trip["dropoff"] or 264),
}


@pytest.mark.parametrize("column", CATEGORIES)
def test_trips_are_told_apart_as_published(eras: Place, files: Files, column: str) -> None:
    relation, published = CATEGORIES[column]
    found = counters(eras, column, relation)
    wanted = facts(files, lambda trips: Counter(published(trip) for trip in trips))
    assert found == {feed: wanted[feed] for feed in found}
    assert set(found) == {feed for feed in FEEDS if "where" not in relation or feed[0] not in BIKES}


def test_stations_keep_their_ids_to_the_last_nought(eras: Place) -> None:
    ids = {str(id) for (id,) in eras.query("select station_id from core.dim_station")}
    assert any(id.endswith(".10") for id in ids) and any(id.startswith("JC0") for id in ids)


def test_a_rider_whose_birth_year_is_unknown_has_none(eras: Place, files: Files) -> None:
    found = by_feed(eras, "count(*) - count(birth_year)", "staging.stg_citibike__trips")
    rows = {feed: [trip["birth_year"] for trip in trips] for feed, trips in files.trips.items() if feed[0] in BIKES}
    assert found == {feed: (years.count(None),) for feed, years in rows.items()}
    casual = [trip for trip in files.trips["citibike", date(2014, 10, 1)] if trip["member"] == "Customer"]
    assert casual and all(trip["birth_year"] is None for trip in casual)
