"""The hours of a month as arrays: their weather, and the trips of each type that began in them."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import numpy as np

    Array = np.ndarray[Any, Any]

DRY_HOURS = 6
"""An hour is compared as dry if nothing fell in this many hours before it: streets are wet, and trips are postponed."""
ALL = "all"
"""Stands for all boroughs, or all seasons."""
UNKNOWN = "Unknown"
MIN_TRIPS_PER_HOUR = 1
"""The mean trips per hour in a borough from which on its effects are estimated."""

# The hour that the clocks repeat in autumn is one row of two hours. The hours before the month are not read, so that an
# estimate does not depend on which other months are loaded.
WEATHER = f"""
    with weather as (
        select
            *,
            count(precipitation_type) over earlier = {DRY_HOURS} as is_past_known,
            arg_max(precipitation_type, utc_hour) filter (precipitation_type <> 'none') over earlier as fell_last,
            date_diff(
                'hour', max(utc_hour) filter (precipitation_type <> 'none') over earlier, utc_hour
            ) as hours_since
        from core.dim_weather
        where date_trunc('month', local_hour) = $month
        window earlier as (
            order by utc_hour range between interval {DRY_HOURS} hours preceding and interval 1 hour preceding
        )
    ),
    hours as (
        select
            local_hour,
            count(*)::double as hours,
            count(precipitation_type) = count(*) as is_known,
            count(is_adverse) = count(*) as is_adverse_known,
            case when is_known then avg(precipitation_mm) end as precipitation_mm,
            case when count(temperature_c) = count(*) then avg(temperature_c) end as temperature_c,
            bool_or(precipitation_type in ('rain', 'mixed')) as is_rain,
            bool_or(precipitation_type in ('snow', 'mixed')) as is_snow,
            bool_and(precipitation_type = 'none') as is_dry,
            bool_and(is_past_known) as is_past_known,
            min(hours_since) as hours_since,
            arg_min(fell_last, hours_since) as fell_last,
            bool_or(temp_category = 'cold') as is_cold,
            bool_or(temp_category = 'hot') as is_hot,
            bool_or(is_adverse) as is_adverse
        from weather group by local_hour
    )
    select
        hours.*,
        dayofmonth(local_hour) as day,
        coalesce(is_holiday, false) as is_holiday,
        case when coalesce(is_holiday, false) then 7 else isodow(local_hour) end * 24 + hour(local_hour) as stratum
    from hours left join core.dim_date on date_day = local_hour::date
    order by local_hour
"""
TRIPS = """
    select
        trip_type::varchar as trip_type, pickup_borough::varchar as borough, hour_timestamp,
        sum(loaded_trip_count)::double as trips
    from core.fct_hourly_mobility
    where source_month = $month and date_trunc('month', hour_timestamp) = $month
    group by all order by all
"""


@dataclass(frozen=True)
class Hours:
    """The hours of a month, by the columns of ``WEATHER``, and for each trip type and borough the trips of each hour.

    A holiday has the strata of a Sunday: it fits the trips of most federal holidays better than its weekday.
    """

    weather: "dict[str, Array]"
    trips: "dict[str, dict[str, Array]]"


def hours_of(con: "duckdb.DuckDBPyConnection", month: date) -> Hours:
    """The month's hours, with the trips of each type that is loaded for it."""
    import numpy as np

    weather = {name: plain(values) for name, values in con.execute(WEATHER, {"month": month}).fetchnumpy().items()}
    rows = {name: plain(values) for name, values in con.execute(TRIPS, {"month": month}).fetchnumpy().items()}
    index = np.searchsorted(weather["local_hour"], rows["hour_timestamp"])
    trips: dict[str, dict[str, Array]] = {}
    for trip_type in np.unique(rows["trip_type"]):
        of_type, count = rows["trip_type"] == trip_type, len(weather["local_hour"])
        trips[str(trip_type)] = {ALL: np.bincount(index[of_type], rows["trips"][of_type], count)}
        for borough in np.unique(rows["borough"][of_type & (rows["borough"] != UNKNOWN)]):
            found = of_type & (rows["borough"] == borough)
            if rows["trips"][found].sum() >= MIN_TRIPS_PER_HOUR * count:
                trips[str(trip_type)][str(borough)] = np.bincount(index[found], rows["trips"][found], count)
    return Hours(weather, trips)


def plain(values: Any) -> "Array":
    """The values without a mask: where they are null, numbers are NaN, flags False and texts empty."""
    import numpy as np

    masked: Any = np.ma.asarray(values)
    if masked.dtype.kind in "fiu":
        return np.asarray(masked.astype(float).filled(np.nan))
    return np.asarray(masked.filled({"b": False, "O": ""}.get(masked.dtype.kind)))
