"""What a trip costs and who drove it: the table ``records`` from ``trips``, all amounts in US dollars.

Tariffs follow https://www.nyc.gov/site/tlc/passengers/taxi-fare.page and the data dictionaries, shares real months.
"""

from datetime import date

METERED = """
    create or replace temp table records as
    with central as (
        select
            trips.*,
            'Yellow Zone' in (here.service_zone, there.service_zone) as is_central,
            if(is_central and 132 in (pickup_zone, dropoff_zone), 2, if(dropoff_zone = 1, 3, 1)) as rate,
            if(kind = 'adjustment', -1, 1) as sign
        from trips
        left join zones as here on here.zone = pickup_zone
        left join zones as there on there.zone = dropoff_zone
    ),

    metered as (
        select
            *,
            case
                when kind = 'adjustment' then 4
                when is_unattended then 0
                when u(id, 21) < 0.8 then 1
                when u(id, 21) < 0.98 then 2
                when u(id, 21) < 0.99 then 3
                else 4
            end as paid,
            sign * case rate
                when 2 then {flag_jfk}
                else round({flag} + {mile} * least(distance, 100) + {minute} * least(seconds, 10800) / 60, 1)
            end as fare,
            sign * case
                when hour(starts) between 16 and 19 and isodow(starts) < 6 then {rush}
                when hour(starts) < 6 or hour(starts) >= 20 then {night}
                else 0
            end as extra,
            sign * 0.5 as mta_tax,
            if(paid = 1, round(fare * greatest(0, 0.2 + 0.06 * bell(id, 23)), 2), 0) as tip,
            sign * if(rate > 1 or distance > 12 and u(id, 22) < 0.6, {toll}, 0) as tolls,
            sign * {improvement} as improvement,
            sign * if(is_central, {congestion}, 0) as congestion,
            sign * if(pickup_zone in (132, 138), {airport}, 0) as airport,
            sign * if(is_central, {cbd}, 0) as cbd
        from central
    )

    select
        *,
        round(fare + extra + mta_tax + tip + tolls + improvement + congestion + airport + cbd, 2) as total,
        if(u(id, 24) < 0.24, 1, 2) as vendor,
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 0][1 + cast(floor(16 * u(id, 25)) as int)] as passengers,
        if(u(id, 27) < 0.005, 'Y', 'N') as flag,
        if(u(id, 28) < 0.03, 2, 1) as trip_type
    from metered
"""

# 78 in 100 rows do not say where a trip began, 17 when it ended.
FHV = """
    create or replace temp table records as
    select
        *,
        if(kind is distinct from 'unknown_zone' and u(id, 30) < 0.78, null, pickup_zone) as known_pickup,
        if(u(id, 31) < 0.15, null, dropoff_zone) as known_dropoff,
        if(coalesce(kind, 'exact_duplicate') = 'exact_duplicate' and u(id, 32) < 0.17, null, ends) as known_end,
        printf('B%05d', 100 + cast(floor(700 * u(id, 33) ** 2) as int)) as base,
        case when u(id, 34) < 0.1 then null when u(id, 34) < 0.8 then base else 'B00256' end as affiliated
    from trips
"""

HVFHV = """
    create or replace temp table records as
    select
        trips.*,
        u(id, 40) < 0.74 as is_uber,
        if(is_uber, 'HV0003', 'HV0005') as licence,
        if(is_uber, 'B03404', 'B03406') as base,
        starts - to_seconds(cast(120 + 300 * u(id, 41) as int)) as requested,
        if(is_uber, starts - to_seconds(cast(60 * u(id, 42) as int)), null) as on_scene,
        round(3 + 1.8 * distance + 0.55 * seconds / 60, 2) as fare,
        if(distance > 12, {toll}, 0) as tolls,
        round(0.03 * fare, 2) as bcf,
        round(0.08875 * fare, 2) as tax,
        if(here.service_zone = 'Yellow Zone', {congestion} * 1.1, 0) as congestion,
        if({airport} > 0 and pickup_zone in (1, 132, 138), 2.5, 0) as airport,
        if(congestion > 0, 2 * {cbd}, 0) as cbd,
        if(u(id, 43) < 0.18, round(0.2 * fare, 2), 0) as tips,
        round(0.78 * fare, 2) as pay,
        if(u(id, 44) < 0.02, 'Y', 'N') as shared
    from trips
    left join zones as here on here.zone = pickup_zone
"""

RECORDS = {"yellow_taxi": METERED, "green_taxi": METERED, "fhv_taxi": FHV, "hvfhv_taxi": HVFHV}


def tariff(month: date) -> dict[str, float]:
    """What the meter and the law added up in that month."""
    raised = month >= date(2023, 1, 1)  # in force since 2022-12-19
    return {
        "flag": 3.0 if raised else 2.5,
        "flag_jfk": 70.0 if raised else 52.0,
        "mile": 2.6 if raised else 2.0,
        "minute": 0.32 if raised else 0.25,
        "rush": 2.5 if raised else 1.0,
        "night": 1.0 if raised else 0.5,
        "toll": 6.94,
        "improvement": 1.0 if raised else 0.3 if month >= date(2015, 1, 1) else 0.0,
        "congestion": 2.5 if month >= date(2019, 2, 1) else 0.0,
        "airport": 1.75 if raised else 1.25 if month >= date(2021, 1, 1) else 0.0,
        "cbd": 0.75 if month >= date(2025, 1, 1) else 0.0,
    }
