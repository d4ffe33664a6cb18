"""Trip records as the TLC publishes them: a Parquet file a month, in that month's columns and types."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.sample import fares
from pipeline.sample.sampling import SLOTS, counts, miles, slotted, table
from pipeline.sample.tlc_columns import columns_of
from pipeline.sample.zones import zones

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FILES = {
    "yellow_taxi": "trip-data/yellow_tripdata_{month:%Y-%m}.parquet",
    "green_taxi": "trip-data/green_tripdata_{month:%Y-%m}.parquet",
    "fhv_taxi": "trip-data/fhv_tripdata_{month:%Y-%m}.parquet",
    "hvfhv_taxi": "trip-data/fhvhv_tripdata_{month:%Y-%m}.parquet",
}
FLEETS = {"yellow_taxi": "yellow", "green_taxi": "green", "fhv_taxi": "fhv", "hvfhv_taxi": "fhv"}

# Dirt that comes as a pair: an ordinary row, and one with the same trip beside it.
PAIRS = frozenset({"exact_duplicate", "adjustment"})
METERED_DIRT: Mapping[str, int] = {
    "outside_month": 8,  # stamped 2008-12-31 or 2009-01-01
    "adjustment": 25,  # all amounts negative, beside the trip that they take back
    "zero_distance": 60,
    "absurd_distance": 6,  # over 100 miles, once 201,421.68
    "about_24_h": 12,
    "longer_than_24_h": 5,
    "ends_before_it_starts": 7,
    "exact_duplicate": 9,
    "unknown_zone": 4,  # 999
}
BOOKED_DIRT: Mapping[str, int] = {
    "exact_duplicate": 6,
    "about_24_h": 4,
    "longer_than_24_h": 3,
    "ends_before_it_starts": 5,
    "unknown_zone": 3,
}

# Where trips begin, by fleet; and where they lead to: attraction times nearness. What is no place is five miles away.
PICKUPS = """
    select 'yellow' as origin, zone as place, 0 as miles, popularity as weight from zones
    union all select 'green', zone, 0, case service_zone when 'Boro Zone' then 1 else 0.002 end * popularity from zones
    union all select 'fhv', zone, 0, case borough when 'Manhattan' then 0.5 else 1 end * sqrt(popularity) from zones
"""
FLOWS = f"""
    select
        here.zone as origin,
        there.zone as place,
        case when here.is_place and there.is_place then {miles("here", "there")} else 5 end as miles,
        sqrt(there.popularity) * exp(-miles / if(here.service_zone in ('Airports', 'EWR'), 12, 1.3)) as weight
    from zones as here cross join zones as there
"""
WAYS = 512

# Where, how far, how long. Miles are a detour above the straight line; the pace is that of the hour.
TRIPS = """
    create or replace temp table trips as
    with placed as (
        select
            seeds.*,
            wall(utc) as starts,
            pickups.place as pickup_zone,
            flows.place as dropoff_zone,
            case kind
                when 'zero_distance' then 0
                when 'absurd_distance' then if(id % 3 = 0, 201421.68, 100 + 900 * u(id, 13))
                else greatest(0.2, (0.35 + 1.2 * flows.miles) * exp(0.2 * bell(id, 3)))
            end as distance
        from seeds
        inner join pickups on pickups.origin = '{fleet}' and pickups.slot = cast(floor(u(id, 1) * {slots}) as int)
        inner join flows on flows.origin = pickups.place and flows.slot = cast(floor(u(id, 2) * {ways}) as int)
    ),

    timed as (
        select
            * replace (round(distance, 2) as distance),
            case kind
                when 'about_24_h' then 86400 - 600 * u(id, 11)
                when 'longer_than_24_h' then 86460 * (1 + u(id, 11))
                when 'ends_before_it_starts' then -60 - 3000 * u(id, 11)
                else 50 + 3600 * least(distance, 40) * exp(0.2 * bell(id, 5))
                    / least(32, if(hour(starts) between 7 and 19, 7.5, 12) * (1 + 0.12 * sqrt(least(distance, 40))))
            end as seconds
        from placed
    )

    select
        kind,
        id,
        copy,
        timestamp '2008-12-31 18:00' + to_hours(cast(id % 24 as int)) as long_ago,
        date_trunc('second', if(kind = 'outside_month', long_ago, timed.starts)) as starts,
        date_trunc('second', case
            when kind is null then wall(utc + to_seconds(seconds))
            when kind = 'outside_month' then long_ago + to_seconds(seconds)
            else timed.starts + to_seconds(seconds)
        end) as ends,
        if(kind = 'unknown_zone', 999, pickup_zone) as pickup_zone,
        dropoff_zone,
        distance,
        date_trunc('second', utc) as utc,
        abs(seconds) as seconds,
        u(id, 20) < {unattended} as is_unattended
    from timed
"""


def prepare(con: "DuckDBPyConnection") -> None:
    """The tables that trips of every month are drawn from: ``zones``, ``pickups`` and ``flows``."""
    every = zones()
    columns: dict[str, Sequence[Any]] = {
        "zone": [zone.id for zone in every],
        "borough": [zone.borough for zone in every],
        "service_zone": [zone.service_zone for zone in every],
        "popularity": [zone.popularity for zone in every],
        "is_place": [zone.cell is not None for zone in every],
        "lat": [zone.centre[0] for zone in every],
        "lng": [zone.centre[1] for zone in every],
    }
    table(con, "zones", columns)
    slotted(con, "pickups", PICKUPS)
    slotted(con, "flows", FLOWS, WAYS)


def can_hold(source: str, month: date, kind: str) -> bool:
    """Whether that dirt can be seen in the month's columns: fhv had no drop-off time before 2017."""
    return source != "fhv_taxi" or month >= date(2017, 1, 1) or kind in ("exact_duplicate", "unknown_zone")


def make(con: "DuckDBPyConnection", source: str, month: date, path: Path) -> dict[str, int]:
    """Write the month's file from ``seeds``; returns how many rows of which kind it holds."""
    con.execute(TRIPS.format(fleet=FLEETS[source], slots=SLOTS, ways=WAYS, unattended=0.05))
    con.execute(fares.RECORDS[source].format(**fares.tariff(month)))
    columns = columns_of(source, month)
    nothing = [name for name, (_, type) in columns.items() if type == "null"]
    listed = ", ".join(
        f'cast({made} as {type.replace("null", "integer")}) as "{name}"' for name, (made, type) in columns.items()
    )
    write_parquet(con, f"select {listed} from records order by date_trunc('hour', utc), id, copy", nothing, path)
    return counts(con, COUNTS[source])


# What stands in any month, besides the dirt that was asked for.
METERED_COUNTS = {
    "null_passenger_count": "is_unattended",
    "zone_264": "264 in (pickup_zone, dropoff_zone)",
    "zone_265": "265 in (pickup_zone, dropoff_zone)",
}
COUNTS = {
    "yellow_taxi": METERED_COUNTS,
    "green_taxi": METERED_COUNTS,
    "fhv_taxi": {"null_pickup_zone": "known_pickup is null", "null_dropoff_time": "known_end is null"},
    "hvfhv_taxi": {},
}


def write_parquet(con: "DuckDBPyConnection", query: str, nothing: Sequence[str], path: Path) -> None:
    """The query's rows with Arrow's writer, as the TLC's files are: DuckDB cannot write columns of the null type."""
    import pyarrow as pa
    from pyarrow import parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    reader = con.sql(query).to_arrow_reader(1 << 20)
    schema = pa.schema([field.with_type(pa.null()) if field.name in nothing else field for field in reader.schema])
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in reader:
            arrays = [pa.nulls(len(batch)) if field.name in nothing else batch[field.name] for field in schema]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
