"""The files of each format that the publishers have used, from HTTP to the facts, compared with the files' rows."""

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
from tests.conftest import Workspace, create_once
from tests.integration.batch import SourceMonth, counts_by_source_month, load_and_transform, values_by_source_month
from tests.integration.published_files import PublishedFiles, Trip, common_name, count_rows

BIKES, OTHER_TAXIS = ("citibike", "citibike_jc"), ("green_taxi", "fhv_taxi", "hvfhv_taxi")
ERAS = {
    "2011-01": ("yellow_taxi",),  # yellow's first month: no surcharge, columns of the null type
    "2013-06": ("yellow_taxi", "citibike"),  # birth years \N, each month twice in the archive
    "2013-08": ("yellow_taxi", "green_taxi"),  # green's first month
    "2014-10": ("yellow_taxi", "citibike"),  # times as 10/1/2014 0:00:27
    "2015-01": (
        "yellow_taxi",
        *OTHER_TAXIS,
        "citibike",
    ),  # fhv has three columns; times as 1/1/2015 0:01; improvement_surcharge
    "2016-11": ("yellow_taxi", *BIKES),  # capitalized names: Start Time
    "2017-05": ("yellow_taxi", *OTHER_TAXIS, *BIKES),  # fhv has drop-off times, no SR_Flag; birth years NULL
    "2018-03": ("yellow_taxi", *OTHER_TAXIS, "citibike"),  # SR_Flag has the null type; milliseconds, each month twice
    "2019-02": ("yellow_taxi", *OTHER_TAXIS),  # counts are doubles; congestion_surcharge; hvfhv's first month
    "2019-12": ("yellow_taxi", "citibike"),
    "2021-01": ("yellow_taxi", *OTHER_TAXIS, *BIKES),  # airport_fee; the last month of rides without ids
    "2021-02": ("yellow_taxi", *BIKES),  # ride_id, rideable_type
    "2022-02": ("yellow_taxi", "citibike"),  # one column twice
    "2023-02": ("yellow_taxi", *OTHER_TAXIS),  # Airport_fee, ids are int32, ehail_fee is a double
    "2024-01": ("yellow_taxi", "citibike"),  # the first monthly archive
    "2024-08": ("yellow_taxi", *BIKES),  # the first file by end times; milliseconds again
    "2024-09": ("yellow_taxi", "citibike"),  # nested archives
    "2025-01": ("yellow_taxi", *OTHER_TAXIS),  # cbd_congestion_fee, vendor 7, no ehail_fee
    "2025-03": ("yellow_taxi", "citibike"),  # .csv.zip again
}
SOURCE_MONTHS = sorted(
    (source, date.fromisoformat(f"{month}-01"))
    for month, sources in ERAS.items()
    for source in sources
    if date.fromisoformat(f"{month}-01") >= declared_sources()[source].first_month
)
UNREADABLE = {date(2019, 12, 1), date(2024, 1, 1)}
"""Months with an unreadable line. They have more rows, so that the line is below the limit of a readable file."""


def generate_eras(root: Path) -> None:
    """Generate some hundred rows per file, with anomalies; a month of rides has several CSVs."""
    for sources, months, options in generator_options():
        generate(root, months, sources=[*sources, "taxi_zones"], anomalous_months=months, rows_per_csv=70, **options)


def generator_options() -> Iterator[tuple[tuple[str, ...], list[date], dict[str, Any]]]:
    """Sources, months and options, without rides in two files, which test_time.py tests."""
    taxis = {"rows": {"yellow_taxi": 600, "green_taxi": 500, "fhv_taxi": 500, "hvfhv_taxi": 500}}
    for sources in (("yellow_taxi",), OTHER_TAXIS):
        yield sources, sorted({month for source, month in SOURCE_MONTHS if source in sources}), taxis
    anomalies = {**ANOMALIES["citibike"], "in_two_files": 0, "unreadable": 0}
    rides = {"rows": {"citibike": 300, "citibike_jc": 150}, "anomalies": dict.fromkeys(BIKES, anomalies)}
    for source in BIKES:
        yield (source,), [month for name, month in SOURCE_MONTHS if name == source and month not in UNREADABLE], rides
    unreadable = {"citibike": {**anomalies, "unreadable": 1}}
    for month in UNREADABLE:
        yield ("citibike",), [month], {"rows": {"citibike": 2500}, "anomalies": unreadable}


@pytest.fixture(scope="module")
def eras(
    tmp_path_factory: pytest.TempPathFactory, with_project_files: Callable[[Workspace], Workspace]
) -> Iterator[Workspace]:
    with serve(create_once(tmp_path_factory, "eras-upstream", generate_eras)) as upstream:

        def run(folder: Path) -> None:
            load_and_transform(with_project_files(Workspace(folder, upstream)), SOURCE_MONTHS)

        yield Workspace(create_once(tmp_path_factory, "eras", run), upstream)


@pytest.fixture(scope="module")
def files(eras: Workspace) -> PublishedFiles:
    return PublishedFiles(eras.upstream.root)


def facts(files: PublishedFiles, measure: Callable[[list[Trip]], Any]) -> dict[SourceMonth, Any]:
    """The measure of the trips of each file, computed from the file."""
    return {key: measure([trip for trip in trips if trip.reason is None]) for key, trips in files.trips.items()}


def total(values: list[Any]) -> Any:
    """The sum as in SQL: without nulls, and None for no values."""
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


# ---------------------------------------------------------------- landing to raw


def test_every_published_row_is_read_or_counted_as_unreadable(eras: Workspace, files: PublishedFiles) -> None:
    assert set(files.manifest) == set(SOURCE_MONTHS)
    counts = {key: file["counts"] for key, file in files.manifest.items()}
    published = {key: count_rows(files.root / file["file"], key[1]) for key, file in files.manifest.items()}
    assert published == {key: count["rows"] for key, count in counts.items()}
    ledger = values_by_source_month(
        eras, "rows_published, rows_unreadable, rows_raw", "audit.month_ledger where source <> 'weather'"
    )
    assert ledger == {
        key: (rows, rows - len(files.trips[key]), len(files.trips[key])) for key, rows in published.items()
    }
    assert {key[1] for key, (_, unreadable, _) in ledger.items() if unreadable} == UNREADABLE


def raw_rows(workspace: Workspace, source: str) -> dict[date, list[dict[str, Any]]]:
    """The raw rows of each month, in the order of their file."""
    columns = [str(name) for (name,) in workspace.query(f"select column_name from (describe raw_data.{source})")]
    found: dict[date, list[dict[str, Any]]] = {}
    for values in workspace.query(f"from raw_data.{source} order by source_month, source_row"):
        row = {common_name(column): value for column, value in zip(columns, values, strict=True)}
        found.setdefault(row.pop("source_month"), []).append(row)
    return found


@pytest.mark.parametrize("source", sorted({source for source, _ in SOURCE_MONTHS}))
def test_raw_tables_have_every_published_value_in_the_published_order(
    eras: Workspace, files: PublishedFiles, source: str
) -> None:
    for month, rows in raw_rows(eras, source).items():
        published = [trip.row for trip in files.trips[source, month]]
        missing = set(published[0]) - set(rows[0])
        assert missing <= {"rideable_type_duplicate_column_name_1"}, month
        wrong = [
            (month, row["source_row"], name, expected.get(name), value)
            for expected, row in zip(published, rows, strict=True)
            for name, value in row.items()
            if name != "source_row" and value != expected.get(name)
        ]
        assert wrong[:5] == []


# ---------------------------------------------------------------- raw to facts


def test_rows_are_facts_or_rejected_for_the_expected_reason(eras: Workspace, files: PublishedFiles) -> None:
    reasons = {key: Counter(trip.reason for trip in trips) for key, trips in files.trips.items()}
    assert values_by_source_month(eras, "count(*)") == {key: (counts.pop(None),) for key, counts in reasons.items()}
    assert counts_by_source_month(eras, "reason", "audit.rejected_trips") == reasons
    assert set(sum(reasons.values(), Counter())) == {
        "pickup_outside_file_month",
        "ends_before_it_starts",
        "longer_than_24_h",
        "unknown_zone_id",
        "exact_duplicate",
    }


def test_amounts_and_distances_have_the_published_sums(eras: Workspace, files: PublishedFiles) -> None:
    found = values_by_source_month(
        eras,
        """
        sum(fare_amount), sum(tip_amount), sum(total_amount), sum(revenue), sum(trip_distance_miles),
        sum(passenger_count), count(*) filter (is_adjustment)
    """,
    )

    def expected(trips: list[Trip]) -> tuple[Any, ...]:
        fare, tip, paid = (total([trip.dollars(name) for trip in trips]) for name in ("fare", "tip", "total"))
        miles = total([trip.exact("miles") for trip in trips])
        passengers = total([trip["passenger_count"] for trip in trips])
        return fare, tip, paid, paid, miles, passengers, sum(trip.is_adjustment for trip in trips)

    assert found == facts(files, expected)


def test_trips_have_the_published_times_and_durations(eras: Workspace, files: PublishedFiles) -> None:
    found = values_by_source_month(
        eras,
        """
        min(pickup_datetime), max(pickup_datetime), count(dropoff_datetime), count(trip_duration_minutes),
        sum(epoch_us(dropoff_datetime) - epoch_us(pickup_datetime)), sum(trip_duration_minutes)::decimal(18, 3)
    """,
    )

    def expected(trips: list[Trip]) -> tuple[Any, ...]:
        starts = [trip["starts"] for trip in trips]
        durations = [trip.duration for trip in trips if trip.duration is not None]
        by_clock = [trip["ends"] - trip["starts"] for trip in trips if trip["ends"]]
        us, elapsed_us = (
            sum(several, timedelta()) // timedelta(microseconds=1) if several else None
            for several in (by_clock, durations)
        )
        minutes = None if elapsed_us is None else Decimal(elapsed_us / 60_000_000).quantize(Decimal("0.001"))
        return min(starts), max(starts), len(durations), len(durations), us, minutes

    assert found == facts(files, expected)


MEMBER_TYPES = {"Subscriber": "member", "Customer": "casual"}
COLUMNS: dict[str, tuple[str, Callable[[Trip], Any]]] = {
    "payment_type": ("core.fct_trips", lambda trip: trip["payment_type"]),
    "passenger_count": ("core.fct_trips", lambda trip: trip["passenger_count"]),
    "member_type": ("core.fct_trips", lambda trip: MEMBER_TYPES.get(trip["member"], trip["member"])),
    "rideable_type": ("core.fct_trips", lambda trip: trip["rideable_type"]),
    "start_station_id": ("core.trips", lambda trip: trip["start_station_id"]),
    "end_station_id": ("core.trips", lambda trip: trip["end_station_id"]),
    "pickup_location_key": ("core.fct_trips where trip_type <> 'citibike'", lambda trip: trip["pickup"] or 264),
    "dropoff_location_key": ("core.fct_trips where trip_type <> 'citibike'", lambda trip: trip["dropoff"] or 264),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_columns_have_the_published_values(eras: Workspace, files: PublishedFiles, column: str) -> None:
    relation, published = COLUMNS[column]
    found = counts_by_source_month(eras, column, relation)
    expected = facts(files, lambda trips: Counter(published(trip) for trip in trips))
    assert found == {key: expected[key] for key in found}
    assert set(found) == {key for key in SOURCE_MONTHS if "where" not in relation or key[0] not in BIKES}


def test_station_ids_keep_their_trailing_zero(eras: Workspace) -> None:
    ids = {str(id) for (id,) in eras.query("select station_id from core.dim_station")}
    assert any(id.endswith(".10") for id in ids) and any(id.startswith("JC0") for id in ids)


def test_an_unknown_birth_year_is_null(eras: Workspace, files: PublishedFiles) -> None:
    found = values_by_source_month(eras, "count(*) - count(birth_year)", "staging.stg_citibike__trips")
    rows = {key: [trip["birth_year"] for trip in trips] for key, trips in files.trips.items() if key[0] in BIKES}
    assert found == {key: (years.count(None),) for key, years in rows.items()}
    casual = [trip for trip in files.trips["citibike", date(2014, 10, 1)] if trip["member"] == "Customer"]
    assert casual and all(trip["birth_year"] is None for trip in casual)
