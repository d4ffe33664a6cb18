"""Fares, vendors and bases: SQL that creates the table ``records`` from ``trips``. Amounts are in US dollars.

Rates follow https://www.nyc.gov/site/tlc/passengers/taxi-fare.page and the data dictionaries. Shares follow published
months.
"""

from datetime import date

from pipeline.sample.tlc_columns import AIRPORT_FEE, CONGESTION_FEE, CONGESTION_SURCHARGE

METERED_RECORDS = """
    create or replace temp table records as
    with central as (
        select
            trips.*,
            'Yellow Zone' in (pickup.service_zone, dropoff.service_zone) as is_central,
            if(is_central and 132 in (pickup_zone, dropoff_zone), 2, if(dropoff_zone = 1, 3, 1)) as rate_code,
            if(anomaly = 'adjustment', -1, 1) as sign
        from trips
        left join zones as pickup on pickup.zone = pickup_zone
        left join zones as dropoff on dropoff.zone = dropoff_zone
    ),

    metered as (
        select
            *,
            case
                when anomaly = 'adjustment' then 4
                when lacks_meter_data then 0
                when uniform(id, 21) < 0.8 then 1
                when uniform(id, 21) < 0.98 then 2
                when uniform(id, 21) < 0.99 then 3
                else 4
            end as payment_type,
            sign * case rate_code
                when 2 then {jfk_flat_fare}
                else round(
                    {initial_charge} + {per_mile} * least(distance, 100) + {per_minute} * least(seconds, 10800) / 60, 1
                )
            end as fare,
            sign * case
                when hour(start_time) between 16 and 19 and isodow(start_time) < 6 then {rush_hour}
                when hour(start_time) < 6 or hour(start_time) >= 20 then {night}
                else 0
            end as extra,
            sign * 0.5 as mta_tax,
            if(payment_type = 1, round(fare * greatest(0, 0.2 + 0.06 * gaussian(id, 23)), 2), 0) as tip,
            sign * if(rate_code > 1 or distance > 12 and uniform(id, 22) < 0.6, {toll}, 0) as tolls,
            sign * {improvement} as improvement,
            sign * if(is_central, {congestion}, 0) as congestion,
            sign * if(pickup_zone in (132, 138), {airport}, 0) as airport,
            sign * if(is_central, {cbd}, 0) as cbd
        from central
    )

    select
        *,
        round(fare + extra + mta_tax + tip + tolls + improvement + congestion + airport + cbd, 2) as total,
        if(uniform(id, 24) < 0.24, 1, 2) as vendor,
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 0][1 + cast(floor(16 * uniform(id, 25)) as int)] as passengers,
        if(uniform(id, 27) < 0.005, 'Y', 'N') as store_and_forward,
        if(uniform(id, 28) < 0.03, 2, 1) as trip_type
    from metered
"""

# 78% of the rows have no pick-up zone, and 17% no drop-off time.
FHV_RECORDS = """
    create or replace temp table records as
    select
        *,
        if(anomaly is distinct from 'unknown_zone' and uniform(id, 30) < 0.78, null, pickup_zone) as reported_pickup,
        if(uniform(id, 31) < 0.15, null, dropoff_zone) as reported_dropoff,
        if(
            coalesce(anomaly, 'exact_duplicate') = 'exact_duplicate' and uniform(id, 32) < 0.17, null, end_time
        ) as reported_end,
        printf('B%05d', 100 + cast(floor(700 * uniform(id, 33) ** 2) as int)) as base,
        case
            when uniform(id, 34) < 0.1 then null
            when uniform(id, 34) < 0.8 then base
            else 'B00256'
        end as affiliated_base
    from trips
"""

HVFHV_RECORDS = """
    create or replace temp table records as
    select
        trips.*,
        uniform(id, 40) < 0.74 as is_uber,
        if(is_uber, 'HV0003', 'HV0005') as license_number,
        if(is_uber, 'B03404', 'B03406') as base,
        start_time - to_seconds(cast(120 + 300 * uniform(id, 41) as int)) as request_time,
        if(is_uber, start_time - to_seconds(cast(60 * uniform(id, 42) as int)), null) as on_scene_time,
        round(3 + 1.8 * distance + 0.55 * seconds / 60, 2) as fare,
        if(distance > 12, {toll}, 0) as tolls,
        round(0.03 * fare, 2) as bcf,
        round(0.08875 * fare, 2) as tax,
        if(pickup.service_zone = 'Yellow Zone', {congestion} * 1.1, 0) as congestion,
        if({airport} > 0 and pickup_zone in (1, 132, 138), 2.5, 0) as airport,
        if(congestion > 0, 2 * {cbd}, 0) as cbd,
        if(uniform(id, 43) < 0.18, round(0.2 * fare, 2), 0) as tips,
        round(0.78 * fare, 2) as driver_pay,
        if(uniform(id, 44) < 0.02, 'Y', 'N') as shared
    from trips
    left join zones as pickup on pickup.zone = pickup_zone
"""

RECORDS = {
    "yellow_taxi": METERED_RECORDS,
    "green_taxi": METERED_RECORDS,
    "fhv_taxi": FHV_RECORDS,
    "hvfhv_taxi": HVFHV_RECORDS,
}


def rates(month: date) -> dict[str, float]:
    """The rates and surcharges in force in that month."""
    is_raised = month >= date(2023, 1, 1)  # in force since 2022-12-19
    return {
        "initial_charge": 3.0 if is_raised else 2.5,
        "jfk_flat_fare": 70.0 if is_raised else 52.0,
        "per_mile": 2.6 if is_raised else 2.0,
        "per_minute": 0.32 if is_raised else 0.25,
        "rush_hour": 2.5 if is_raised else 1.0,
        "night": 1.0 if is_raised else 0.5,
        "toll": 6.94,
        "improvement": 1.0 if is_raised else 0.3 if month >= date(2015, 1, 1) else 0.0,
        "congestion": 2.5 if month >= CONGESTION_SURCHARGE else 0.0,
        "airport": 1.75 if is_raised else 1.25 if month >= AIRPORT_FEE else 0.0,
        "cbd": 0.75 if month >= CONGESTION_FEE else 0.0,
    }
