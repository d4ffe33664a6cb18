"""Trip records as the TLC publishes them: one Parquet file per month, with the columns and types of that month."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.generated import GENERATOR, KEY
from pipeline.sample import fares
from pipeline.sample.distance import miles_sql
from pipeline.sample.sampling import SLOTS, count_records, create_choice_table, create_table
from pipeline.sample.tlc_columns import columns_of
from pipeline.sample.zones import zones
from pipeline.sources import sources

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pyarrow import RecordBatch, RecordBatchReader

GROUP_ROWS = 1 << 20
"""The most rows of a row group, as Arrow writes them: it is named in the TLC's files."""
FLEETS = {"yellow_taxi": "yellow", "green_taxi": "green", "fhv_taxi": "fhv", "hvfhv_taxi": "fhv"}

PAIRS = frozenset({"exact_duplicate", "adjustment"})
"""Anomalies of two rows: an ordinary row, and a second one for the same trip."""
METERED_ANOMALIES: Mapping[str, int] = {
    "outside_month": 8,  # stamped 2008-12-31 or 2009-01-01
    "adjustment": 25,  # the same trip with all amounts negated
    "zero_distance": 60,
    "absurd_distance": 6,  # 100 miles and more; the largest is 201,421.68, as published
    "about_24_h": 12,
    "longer_than_24_h": 5,
    "ends_before_it_starts": 7,
    "exact_duplicate": 9,
    "unknown_zone": 4,  # 999
}
FOR_HIRE_ANOMALIES: Mapping[str, int] = {
    "exact_duplicate": 6,
    "about_24_h": 4,
    "longer_than_24_h": 3,
    "ends_before_it_starts": 5,
    "unknown_zone": 3,
}

# Pick-up zones by fleet.
PICKUPS = """
    select 'yellow' as key, zone as choice, 0 as miles, popularity as weight from zones
    union all select 'green', zone, 0, case service_zone when 'Boro Zone' then 1 else 0.002 end * popularity from zones
    union all select 'fhv', zone, 0, case borough when 'Manhattan' then 0.5 else 1 end * sqrt(popularity) from zones
"""
# Drop-off zones by pick-up zone: a popular and near one is likely. Unmapped zones count as five miles away.
DROPOFFS = f"""
    select
        pickup.zone as key,
        dropoff.zone as choice,
        case when pickup.is_mapped and dropoff.is_mapped then {miles_sql("pickup", "dropoff")} else 5 end as miles,
        sqrt(dropoff.popularity) * exp(-miles / if(pickup.service_zone in ('Airports', 'EWR'), 12, 1.3)) as weight
    from zones as pickup cross join zones as dropoff
"""
DROPOFF_SLOTS = 512

# Zones, distance and duration. The distance is longer than the straight line; the speed depends on the hour.
TRIPS = """
    create or replace temp table trips as
    with placed as (
        select
            seeds.*,
            local_time(utc) as start_time,
            pickups.choice as pickup_zone,
            dropoffs.choice as dropoff_zone,
            case anomaly
                when 'zero_distance' then 0
                when 'absurd_distance' then if(id % 3 = 0, 201421.68, 100 + 900 * uniform(id, 13))
                else greatest(0.2, (0.35 + 1.2 * dropoffs.miles) * exp(0.2 * gaussian(id, 3)))
            end as distance
        from seeds
        inner join pickups on pickups.key = '{fleet}' and pickups.slot = cast(floor(uniform(id, 1) * {slots}) as int)
        inner join dropoffs
            on dropoffs.key = pickups.choice and dropoffs.slot = cast(floor(uniform(id, 2) * {dropoff_slots}) as int)
    ),

    timed as (
        select
            * replace (round(distance, 2) as distance),
            case anomaly
                when 'about_24_h' then 86400 - 600 * uniform(id, 11)
                when 'longer_than_24_h' then 86460 * (1 + uniform(id, 11))
                when 'ends_before_it_starts' then -60 - 3000 * uniform(id, 11)
                else 50 + 3600 * least(distance, 40) * exp(0.2 * gaussian(id, 5))
                    / least(32, if(hour(start_time) between 7 and 19, 7.5, 12) * (1 + 0.12 * sqrt(least(distance, 40))))
            end as seconds
        from placed
    )

    select
        anomaly,
        id,
        copy,
        timestamp '2008-12-31 18:00' + to_hours(cast(id % 24 as int)) as wrong_time,
        date_trunc('second', if(anomaly = 'outside_month', wrong_time, timed.start_time)) as start_time,
        date_trunc('second', case
            when anomaly is null then local_time(utc + to_seconds(seconds))
            when anomaly = 'outside_month' then wrong_time + to_seconds(seconds)
            else timed.start_time + to_seconds(seconds)
        end) as end_time,
        if(anomaly = 'unknown_zone', 999, pickup_zone) as pickup_zone,
        dropoff_zone,
        distance,
        date_trunc('second', utc) as utc,
        abs(seconds) as seconds,
        uniform(id, 20) < {unmetered} as lacks_meter_data
    from timed
"""


def create_zone_tables(con: "DuckDBPyConnection") -> None:
    """Create the tables that the trips of all months are drawn from: ``zones``, ``pickups`` and ``dropoffs``."""
    rows = zones()
    columns: dict[str, Sequence[Any]] = {
        "zone": [zone.id for zone in rows],
        "borough": [zone.borough for zone in rows],
        "service_zone": [zone.service_zone for zone in rows],
        "popularity": [zone.popularity for zone in rows],
        "is_mapped": [zone.cell is not None for zone in rows],
        "lat": [zone.centre[0] for zone in rows],
        "lng": [zone.centre[1] for zone in rows],
    }
    create_table(con, "zones", columns)
    create_choice_table(con, "pickups", PICKUPS)
    create_choice_table(con, "dropoffs", DROPOFFS, DROPOFF_SLOTS)


def can_show(source: str, month: date, anomaly: str) -> bool:
    """Whether the columns of the month can show the anomaly: fhv has no drop-off time before 2017."""
    return source != "fhv_taxi" or month >= date(2017, 1, 1) or anomaly in ("exact_duplicate", "unknown_zone")


def file_of(source: str, month: date) -> str:
    """The path of a month's file on the publisher's host, by the source's URL in config/sources."""
    [url] = sources()[source].urls
    return url.removeprefix("{base}/").format(year=f"{month:%Y}", month=f"{month:%m}")


def write_month(con: "DuckDBPyConnection", source: str, month: date, path: Path) -> dict[str, int]:
    """Write the month's file from the table ``seeds``. Returns the numbers of its rows, see ``count_records``."""
    con.execute(TRIPS.format(fleet=FLEETS[source], slots=SLOTS, dropoff_slots=DROPOFF_SLOTS, unmetered=0.05))
    con.execute(fares.RECORDS[source].format(**fares.rates(month)))
    columns = columns_of(source, month)
    null_columns = [name for name, (_, type) in columns.items() if type == "null"]
    select_list = ", ".join(
        f'cast({expression} as {type.replace("null", "integer")}) as "{name}"'
        for name, (expression, type) in columns.items()
    )
    write_parquet(
        con, f"select {select_list} from records order by date_trunc('hour', utc), id, copy", null_columns, path
    )
    return count_records(con, COUNTS[source])


# What ordinary trips contain, too.
METERED_COUNTS = {
    "null_passenger_count": "lacks_meter_data",
    "zone_264": "264 in (pickup_zone, dropoff_zone)",
    "zone_265": "265 in (pickup_zone, dropoff_zone)",
}
COUNTS = {
    "yellow_taxi": METERED_COUNTS,
    "green_taxi": METERED_COUNTS,
    "fhv_taxi": {"null_pickup_zone": "reported_pickup is null", "null_dropoff_time": "reported_end is null"},
    "hvfhv_taxi": {},
}


def write_parquet(con: "DuckDBPyConnection", query: str, null_columns: Sequence[str], path: Path) -> None:
    """Write the query's rows with Arrow, as the TLC does: DuckDB cannot write columns of the null type."""
    import pyarrow as pa
    from pyarrow import parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    reader = con.sql(query).to_arrow_reader(GROUP_ROWS)
    schema = pa.schema([field.with_type(pa.null()) if field.name in null_columns else field for field in reader.schema])
    schema = schema.with_metadata({KEY: GENERATOR})
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batches in row_groups(reader):
            table = pa.Table.from_batches(batches)
            arrays = [pa.nulls(len(table)) if field.name in null_columns else table[field.name] for field in schema]
            writer.write_table(pa.table(arrays, schema=schema), GROUP_ROWS)


def row_groups(reader: "RecordBatchReader") -> Iterator[list["RecordBatch"]]:
    """The batches of each row group: as many as there is room for."""
    group: list[RecordBatch] = []
    for batch in reader:
        if group and sum(map(len, group)) + len(batch) > GROUP_ROWS:
            yield group
            group = []
        group.append(batch)
    if group:
        yield group
