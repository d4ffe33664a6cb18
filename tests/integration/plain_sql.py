"""The fifty metrics and some groupings in plain SQL, over the facts t and their weather w."""

import math
from typing import Any

# Conditions on a trip t and its weather w, from times and measurements instead of the dimensions' flags.
HOUR = "hour(t.pickup_datetime)"
WEEKEND = "dayofweek(t.pickup_datetime) in (0, 6)"
RUSH = f"{HOUR} in (7, 8, 17, 18)"
DRY = "w.precipitation_mm = 0"
MILD_WIND = "w.wind_speed_ms < 15"
ADVERSE = "(w.precipitation_mm > 5 or w.temperature_c < -5 or w.temperature_c > 35 or w.wind_speed_ms > 15)"
PLEASANT = f"(w.temperature_c between 15 and 25 and {DRY} and w.wind_speed_ms < 10 and w.cloud_cover_pct < 50)"
CYCLING = f"(w.temperature_c between 10 and 25 and {DRY} and {MILD_WIND})"
RAIN = "(w.rain_mm > 0 or (w.precipitation_mm > 0 and w.snowfall_cm = 0))"
IN_UTC = "epoch(timezone('America/New_York', t.{}_datetime))"
MINUTES = f"({IN_UTC.format('dropoff')} - {IN_UTC.format('pickup')}) / 60"
BOTH = "(t.trip_distance_miles > 0 and t.dropoff_datetime > t.pickup_datetime)"
PLAUSIBLE = f"""(
    t.trip_distance_miles between 0 and 100 and coalesce(60 * t.trip_distance_miles / nullif({MINUTES}, 0) <= 100, true)
)"""
TIMED = f"({BOTH} and {PLAUSIBLE})"
PAID = f"(t.trip_distance_miles > 0 and t.revenue is not null and {PLAUSIBLE})"
PAID_MILES = f"sum(if(t.is_adjustment, -1, 1) * t.trip_distance_miles) filter ({PAID})"


def count(condition: str = "true") -> str:
    return f"count(*) filter (not t.is_adjustment and {condition})"


def mean(value: str, condition: str = "true") -> str:
    return f"avg({value}) filter (not t.is_adjustment and {condition})"


def total(value: str, condition: str = "true") -> str:
    return f"sum({value}) filter (not t.is_adjustment and {condition})"


def share(condition: str) -> str:
    return f"100.0 * {count(condition)} / nullif({count()}, 0)"


def of(*types: str) -> str:
    return f"t.trip_type in ({', '.join(map(repr, types))})"


def per_day(condition: str) -> str:
    days = f"count(distinct t.pickup_datetime::date) filter (not t.is_adjustment and {condition})"
    return f"({count(condition)} / nullif({days}, 0))"


PLAIN = {
    "total_trips": count(),
    "avg_trip_duration_minutes": mean(MINUTES),
    "median_trip_duration_minutes": f"median({MINUTES}) filter (not t.is_adjustment)",
    "avg_trip_distance_miles": mean("t.trip_distance_miles", PLAUSIBLE),
    "total_trip_distance_miles": total("t.trip_distance_miles", PLAUSIBLE),
    "avg_trip_speed_mph": f"60 * {total('t.trip_distance_miles', TIMED)} / nullif({total(MINUTES, TIMED)}, 0)",
    "total_passengers": total("t.passenger_count"),
    "avg_passengers_per_trip": mean("t.passenger_count"),
    "total_revenue": "sum(t.total_amount)",
    "avg_fare": mean("t.fare_amount"),
    "revenue_per_mile": f"sum(t.revenue) filter ({PAID}) / nullif({PAID_MILES}, 0)",
    "yellow_taxi_trips": count(of("yellow_taxi")),
    "fhv_trips": count(of("fhv")),
    "citibike_trips": count(of("citibike")),
    "yellow_taxi_mode_share_pct": share(of("yellow_taxi")),
    "fhv_mode_share_pct": share(of("fhv")),
    "citibike_mode_share_pct": share(of("citibike")),
    "avg_yellow_taxi_fare": mean("t.fare_amount", of("yellow_taxi")),
    "total_yellow_taxi_revenue": f"sum(t.total_amount) filter ({of('yellow_taxi')})",
    "avg_citibike_duration": mean(MINUTES, of("citibike")),
    "avg_taxi_duration": mean(MINUTES, of("yellow_taxi", "green_taxi")),
    "rush_hour_yellow_taxi_trips": count(f"{of('yellow_taxi')} and {RUSH}"),
    "rush_hour_citibike_trips": count(f"{of('citibike')} and {RUSH}"),
    "weekend_citibike_trips": count(f"{of('citibike')} and {WEEKEND}"),
    "rush_hour_trips": count(RUSH),
    "weekend_trips": count(WEEKEND),
    "weekday_trips": count(f"not {WEEKEND}"),
    "late_night_trips": count(f"{HOUR} in (23, 0, 1, 2, 3, 4)"),
    "business_hours_trips": count(f"{HOUR} between 9 and 16"),
    "rush_hour_trip_rate": share(RUSH),
    "weekend_trip_rate": share(WEEKEND),
    "late_night_trip_rate": share(f"{HOUR} in (23, 0, 1, 2, 3, 4)"),
    "morning_trips": count(f"{HOUR} between 6 and 11"),
    "afternoon_trips": count(f"{HOUR} between 12 and 17"),
    "evening_trips": count(f"{HOUR} between 18 and 21"),
    "night_trips": count(f"{HOUR} in (22, 23, 0, 1, 2, 3, 4, 5)"),
    "avg_weekday_vs_weekend_ratio": f"{per_day(f'not {WEEKEND}')} / nullif({per_day(WEEKEND)}, 0)",
    "rush_hour_vs_non_rush_ratio": f"{count(RUSH)} / nullif({count(f'not ({RUSH})')}, 0)",
    "trips_in_adverse_weather": count(ADVERSE),
    "trips_in_pleasant_weather": count(PLEASANT),
    "trips_in_rain": count(RAIN),
    "trips_in_snow": count("w.snowfall_cm > 0"),
    "citibike_trips_good_cycling_weather": count(f"{of('citibike')} and {CYCLING}"),
    "adverse_weather_trip_rate": share(ADVERSE),
    "rain_impact_on_trips": share(RAIN),
    "trips_in_cold_weather": count("w.temperature_c < 0"),
    "trips_in_hot_weather": count("w.temperature_c >= 30"),
    "trips_in_mild_weather": count("w.temperature_c >= 10 and w.temperature_c < 20"),
    "avg_trip_duration_adverse_weather": mean(MINUTES, ADVERSE),
    "avg_trip_duration_pleasant_weather": mean(MINUTES, PLEASANT),
}
# MetricFlow's groupings, and the same in plain SQL. Trips outside the loaded months have no day in dim_date.
GROUPINGS = {
    "nothing": ([], []),
    "month": (["metric_time__month"], ["date_trunc('month', t.pickup_datetime)"]),
    "mode": (["trip__trip_type"], ["t.trip_type::varchar"]),
    "weekend and day part": (
        ["date__is_weekend", "time__time_of_day"],
        [
            WEEKEND,
            f"case when {HOUR} between 6 and 11 then 'morning' when {HOUR} between 12 and 17 then 'afternoon' "
            f"when {HOUR} between 18 and 21 then 'evening' else 'night' end",
        ],
    ),
    "weather": (["weather__temp_category", "trip__trip_type"], ["w.temp_category", "t.trip_type::varchar"]),
    "boroughs": (
        ["pickup_location__borough", "dropoff_location__borough"],
        [
            "(select borough from core.dim_location where location_key = t.pickup_location_key)",
            "(select borough from core.dim_location where location_key = t.dropoff_location_key)",
        ],
    ),
    "station": (
        ["start_station__station_name"],
        ["(select station_name from core.dim_station where station_key = t.start_station_key)"],
    ),
}
IN_LOADED_MONTHS = "t.pickup_datetime >= '2024-01-01' and t.pickup_datetime < '2024-04-01'"


def is_same(value: Any, expected: Any) -> bool:
    """Whether two values are equal, but for the rounding of floating-point numbers."""
    if isinstance(value, float) or isinstance(expected, float):
        return None not in (value, expected) and math.isclose(float(value), float(expected), rel_tol=1e-9)
    return bool(value == expected)
