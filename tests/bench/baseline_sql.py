"""The tables of facts in plain SQL, for yellow taxis, for-hire vehicles and Citi Bike: equal to the rows of dbt's models."""

YELLOW = {
    "source": "yellow_taxi",
    "type": "yellow_taxi",
    "integers_and_texts": "store_and_fwd_flag, VendorID, passenger_count, RatecodeID, PULocationID, DOLocationID, payment_type",
    "decimals": "trip_distance, fare_amount, extra, mta_tax, tip_amount, tolls_amount, improvement_surcharge, total_amount, "
    "congestion_surcharge, Airport_fee, cbd_congestion_fee",
    "degrees": "",
    "times": "tpep_pickup_datetime, tpep_dropoff_datetime",
    "columns": """
        tpep_pickup_datetime as pickup_datetime, tpep_dropoff_datetime as dropoff_datetime,
        coalesce(PULocationID, 264) as pickup_location_id, coalesce(DOLocationID, 264) as dropoff_location_id,
        null::varchar as start_station_id, null::varchar as end_station_id,
        trip_distance::decimal(18, 3) as trip_distance_miles, passenger_count, payment_type,
        fare_amount::decimal(18, 2) as fare_amount, tip_amount::decimal(18, 2) as tip_amount,
        total_amount::decimal(18, 2) as total_amount, null::varchar as member_type, null::varchar as rideable_type
    """,
}
FHV = {
    "source": "fhv_taxi",
    "type": "fhv",
    "integers_and_texts": "dispatching_base_num, Affiliated_base_number, PUlocationID, DOlocationID, SR_Flag",
    "decimals": "",
    "degrees": "",
    "times": "pickup_datetime, dropOff_datetime",
    "columns": """
        pickup_datetime, dropOff_datetime as dropoff_datetime,
        coalesce(PUlocationID, 264) as pickup_location_id, coalesce(DOlocationID, 264) as dropoff_location_id,
        null::varchar as start_station_id, null::varchar as end_station_id,
        null::decimal(18, 3) as trip_distance_miles, null::integer as passenger_count, null::integer as payment_type,
        null::decimal(18, 2) as fare_amount, null::decimal(18, 2) as tip_amount, null::decimal(18, 2) as total_amount,
        null::varchar as member_type, null::varchar as rideable_type
    """,
}
CITIBIKE = {
    "source": "citibike",
    "type": "citibike",
    "integers_and_texts": "ride_id, rideable_type, start_station_name, start_station_id, end_station_name, end_station_id, member_casual, "
    "tripduration, bikeid, gender",
    "decimals": '"birth year"',
    "degrees": "start_lat, start_lng, end_lat, end_lng",
    "times": "started_at, ended_at",
    "columns": """
        started_at as pickup_datetime, ended_at as dropoff_datetime,
        null::integer as pickup_location_id, null::integer as dropoff_location_id,
        start_station_id, end_station_id,
        null::decimal(18, 3) as trip_distance_miles, null::integer as passenger_count, null::integer as payment_type,
        null::decimal(18, 2) as fare_amount, null::decimal(18, 2) as tip_amount, null::decimal(18, 2) as total_amount,
        case
            when member_casual in ('member', 'Subscriber') then 'member'
            when member_casual in ('casual', 'Customer') then 'casual'
        end as member_type,
        rideable_type
    """,
}
SOURCE = """
    select
        '{type}' as trip_type, '{source}' as source, source_month, source_row, {columns},
        md5_number(concat_ws(chr(31), '{source}', {texts})) >> 64 as row_hash,
        hash({values}) as fingerprint,
        {ride} as ride
    from raw_data.{source}
"""
# The days on which trips may begin that are under way when the clocks change, with the start of the hour that is skipped or repeated.
CLOCK_CHANGES = """
    (
        select unnest([changes_from::date, changes_from::date - 1]) as pickup_day, changes_from, changes_from + interval 1 hour as changes_until,
            month(changes_from) = 3 as is_skipped
        from (values
            (timestamp '2022-03-13 02:00'), (timestamp '2022-11-06 01:00'), (timestamp '2023-03-12 02:00'),
            (timestamp '2023-11-05 01:00'), (timestamp '2024-03-10 02:00'), (timestamp '2024-11-03 01:00')
        ) as c(changes_from)
    )
"""
BY_CLOCK = "epoch_us(dropoff_datetime) - epoch_us(pickup_datetime)"
DURATION = f"""
    {BY_CLOCK} + case
        when changes_from is null then 0
        when is_skipped and pickup_datetime < changes_until and dropoff_datetime >= changes_until and {BY_CLOCK} >= 3600000000
            then -3600000000
        when not is_skipped and pickup_datetime < changes_from and dropoff_datetime >= changes_until then 3600000000
        when not is_skipped and dropoff_datetime < pickup_datetime and pickup_datetime < changes_until and dropoff_datetime >= changes_from
            then 3600000000
        else 0
    end
"""
REASON = """
    case
        when pickup_datetime is null then 'no_pickup_time'
        when pickup_datetime < source_month - interval 1 day or pickup_datetime >= source_month + interval 1 month + interval 1 day
            then 'pickup_outside_file_month'
        when duration_us < 0 then 'ends_before_it_starts'
        when duration_us > 86400000000 then 'longer_than_24_h'
        when pickup_location_id not between 1 and 265 or dropoff_location_id not between 1 and 265 then 'unknown_zone_id'
    end
"""
REPEATED = f"""
    with duplicates as (
        select source, source_month, pickup_datetime, fingerprint, min(source_row) as first_row from trips where {{within}}
        group by all having count(*) > 1
    ),

    last_day as (
        select * from trips
        where pickup_datetime >= source_month + interval 1 month - interval 1 day and {REASON} is null and {{before}}
    )

    select trips.source, trips.source_month, trips.source_row, 'exact_duplicate' as reason
    from trips join duplicates using (source, source_month, pickup_datetime, fingerprint)
    where source_row > first_row and {{within}}
    union
    select trips.source, trips.source_month, trips.source_row, 'in_earlier_file'
    from trips join last_day as earlier on
        trips.source = earlier.source and trips.source_month = earlier.source_month + interval 1 month
        and trips.ride = earlier.ride
        and trips.pickup_datetime between earlier.pickup_datetime - interval 1 second
        and earlier.pickup_datetime + interval 1 second
    where trips.{{within}} and trips.pickup_datetime < trips.source_month + interval 1 day
"""
FACTS = f"""
    select
        xor((row_hash::hugeint - 9223372036854775808)::bigint, (year(source_month) * 100 + month(source_month))::bigint) as trip_id,
        trip_type::enum ('yellow_taxi', 'green_taxi', 'fhv', 'hvfhv', 'citibike') as trip_type,
        source::enum ('yellow_taxi', 'green_taxi', 'fhv_taxi', 'hvfhv_taxi', 'citibike', 'citibike_jc') as source,
        source_month, date_key, time_key, weather_key,
        coalesce(pickup_location_id, start_station.location_key, 264)::smallint as pickup_location_key,
        coalesce(dropoff_location_id, end_station.location_key, 264)::smallint as dropoff_location_key,
        start_station.station_key as start_station_key, end_station.station_key as end_station_key,
        pickup_datetime, dropoff_datetime,
        duration_us / 60000000.0 as trip_duration_minutes,
        trip_distance_miles,
        case
            when trip_distance_miles > 0 and trip_duration_minutes > 0
                then trip_distance_miles::double * 60 / trip_duration_minutes
        end as avg_speed_mph,
        trip_distance_miles between 0 and 100 and coalesce(avg_speed_mph between 0 and 100, true) as has_plausible_distance,
        passenger_count::smallint as passenger_count, payment_type::smallint as payment_type,
        fare_amount, tip_amount, total_amount, total_amount as revenue,
        coalesce(total_amount < 0 or fare_amount < 0, false) as is_adjustment,
        member_type, rideable_type
    from trips
    anti join repeated using (source, source_month, source_row)
    left join int_hours__mapped on date_trunc('hour', pickup_datetime) = local_hour
    left join (select source_month, station_id as start_station_id, station_key, location_key from int_stations__monthly) as start_station
        using (source_month, start_station_id)
    left join (select source_month, station_id as end_station_id, station_key, location_key from int_stations__monthly) as end_station
        using (source_month, end_station_id)
    where {REASON} is null and {{within}}
"""
REJECTED = f"""
    select
        source, source_month, source_row, coalesce({REASON}, repeated.reason) as reason,
        pickup_datetime, dropoff_datetime, pickup_location_id, dropoff_location_id,
        start_station_id, end_station_id, trip_distance_miles, total_amount
    from trips left join repeated using (source, source_month, source_row)
    where coalesce({REASON}, repeated.reason) is not null and {{within}}
"""
HOURLY = """
    select
        source_month, date_trunc('hour', pickup_datetime) as hour_timestamp, trip_type, borough,
        date_key, time_key, weather_key,
        count(*) filter (not is_adjustment) as trip_count,
        count(*) filter (is_adjustment) as adjustment_count,
        count(*) filter (not is_adjustment and not has_plausible_distance) as implausible_distance_count,
        sum(passenger_count) filter (not is_adjustment) as total_passengers,
        sum(revenue) as revenue,
        sum(fare_amount) filter (not is_adjustment) as total_fare_amount,
        sum(tip_amount) filter (not is_adjustment) as total_tip_amount,
        sum(trip_distance_miles) filter (not is_adjustment) as total_distance_miles,
        sum(trip_distance_miles) filter (not is_adjustment and has_plausible_distance) as plausible_distance_miles,
        sum(trip_distance_miles) filter (not is_adjustment and has_plausible_distance and avg_speed_mph is not null)
            as timed_distance_miles,
        sum(trip_duration_minutes) filter (not is_adjustment) as total_duration_minutes,
        sum(trip_duration_minutes) filter (not is_adjustment and has_plausible_distance and avg_speed_mph is not null)
            as timed_duration_minutes
    from fct_trips left join dim_location on pickup_location_key = location_key
    where {within}
    group by all
"""


def trips() -> str:
    """All raw rows with the columns of a trip, a hash and a fingerprint of the row, and a fingerprint of the ride."""
    rows = " union all ".join(SOURCE.format(**source, **hashes(source)) for source in (YELLOW, FHV, CITIBIKE))
    changes = f"left join {CLOCK_CHANGES} as clock_changes on pickup_datetime::date = pickup_day"
    return f"select trips.*, {DURATION} as duration_us from ({rows}) as trips {changes}"


def hashes(source: dict[str, str]) -> dict[str, str]:
    """The SQL of the values that are hashed: as texts, as values, and for the ride."""
    values = [
        *names(source["integers_and_texts"]),
        *(f"round({column} * 10000)::bigint" for column in names(source["decimals"])),
        *(f"round({column} * 100000000)::bigint" for column in names(source["degrees"])),
        *(f"epoch_us({column})" for column in names(source["times"])),
    ]
    texts = ", ".join(f"coalesce({value}::varchar, chr(30))" for value in values)
    ride = "hash(ride_id)" if source is CITIBIKE else f"hash({', '.join(values)})"
    return {"texts": texts, "values": ", ".join(values), "ride": ride}


def names(columns: str) -> list[str]:
    return [column.strip() for column in columns.split(",") if column.strip()]
