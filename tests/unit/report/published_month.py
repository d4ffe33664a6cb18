"""The published Parquet of January 2024 with two modes, written without the pipeline."""

from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import duckdb

JANUARY = date(2024, 1, 1)
TRIPS = "(values ('yellow_taxi', 1000, 9990.0, 17.5, 12.0, 4.0), ('citibike', 500, null, null, null, null))"
MONTH = "timestamp '2024-01-01'"
DAYS = "range(31) as d(day)"

METRICS = {
    "headline": f"select {MONTH} as metric_time__month, 1500::double as total_trips, 9990::decimal as total_revenue",
    "by_mode": f"""
        select
            {MONTH} as metric_time__month, trip_type as trip__trip_type, trips::double as total_trips,
            revenue::decimal(38, 2) as total_revenue, fare::double as avg_fare, mph::double as median_trip_speed_mph,
            miles::double as median_trip_distance_miles, 20.0::double as median_trip_duration_minutes
        from {TRIPS} as t(trip_type, trips, revenue, fare, mph, miles)
    """,
    "by_day": f"""
        select
            {MONTH} as metric_time__month, {MONTH} + to_days(day::integer) as metric_time__day,
            trip_type as trip__trip_type, (100 + day)::double as total_trips
        from {TRIPS} as t(trip_type), {DAYS}
    """,
    "by_hour": f"""
        select
            {MONTH} as metric_time__month, trip_type as trip__trip_type, (1 + day % 7)::smallint as date__day_of_week,
            hour::smallint as time__hour_of_day, hour::double as total_trips
        from {TRIPS} as t(trip_type), range(7) as d(day), range(24) as h(hour)
    """,
    "by_zone": f"""
        select
            {MONTH} as metric_time__month, zone::smallint as pickup_location, trip_type as trip__trip_type,
            name as pickup_location__zone_name, trips::double as total_trips
        from (values
            (1, 'yellow_taxi', 'Newark Airport', 900), (2, 'yellow_taxi', 'Jamaica Bay', 90),
            (264, 'yellow_taxi', 'Unknown', 10), (265, 'citibike', 'Outside NYC', 500)
        ) as z(zone, trip_type, name, trips)
    """,
    "by_station": f"""
        select {MONTH} as metric_time__month, 'citibike' as trip__trip_type, 7 as start_station,
            0::double as total_trips limit 0
    """,
    "weather_effects": """
        select
            date '2024-01-01' as source_month,
            * replace (effect_pct::double as effect_pct, low_pct::double as low_pct, high_pct::double as high_pct),
            if(low_pct * high_pct > 0, 0.01, 0.5) as q_value
        from (values
            ('citibike', 'rain', -31.5, -46.6, -12.2, 145, 356, null),
            ('yellow_taxi', 'rain', 1.1, -4.7, 7.1, 145, 356, null),
            ('citibike', 'cold', -20.0, -30.0, -10.0, 60, 60, null),
            ('yellow_taxi', 'cold', 12.0, 2.0, 250.0, 60, 60, null),
            ('citibike', 'snow', null, null, null, 7, 27, 'too few comparable hours')
        ) as e(trip_type, condition, effect_pct, low_pct, high_pct, hours_with, hours_without, reason)
    """,
}
TABLES = {
    "month_ledger": """
        select
            source, date '2024-01-01' as source_month, 1003 as rows_published, 0 as rows_unreadable, 1003 as rows_raw,
            if(source = 'weather', null, 1001) as rows_fact, if(source = 'weather', null, 2) as rows_rejected
        from unnest(['yellow_taxi', 'citibike', 'weather']) as l(source)
    """,
    "rejections_by_reason": """
        select source, date '2024-01-01' as source_month, 'ends_before_it_starts' as reason, 2 as rows_rejected
        from unnest(['yellow_taxi', 'citibike']) as l(source)
    """,
}
DIMENSIONS = {
    "dim_weather": """
        select
            weather_key, local_hour, (weather_key % 10 - 5)::double as temperature_c,
            if(rains, 1.5, 0)::double as precipitation_mm, if(rains, 1.5, 0)::double as rain_mm,
            0::double as snowfall_cm, 0::double as snowfall_water_equivalent_mm,
            if(rains, 'rain', 'none') as precipitation_type
        from (
            select
                i as weather_key, timestamp '2023-12-31' + to_hours(i) as local_hour,
                i % 24 in (8, 9) and i < 240 as rains
            from range(33 * 24) as t(i)
        )
    """,
    "dim_station": """
        select * replace (latitude::double as latitude, longitude::double as longitude) from (values
            (7, 'JC001', 'Grove St', 40.72, -74.04, 265), (8, 'JC002', 'Newport', 40.73, -74.03, 265),
            (9, '5379.10', 'Broadway', 40.76, -73.98, 2)
        ) as s(station_key, station_id, station_name, latitude, longitude, location_key)
    """,
    "dim_location": """
        select * from (values
            (1::smallint, 'EWR', 'Newark Airport'), (2::smallint, 'Queens', 'Jamaica Bay'),
            (264::smallint, 'Unknown', 'Unknown'), (265::smallint, 'Outside NYC', 'Outside NYC')
        ) as l(location_key, borough, zone_name)
    """,
    "dim_location_shape": """
        select * from (values
            (1::smallint, [[[-74.2, 40.7], [-74.1, 40.7], [-74.1, 40.8], [-74.2, 40.8], [-74.2, 40.7]]]::double[][][]),
            (2::smallint, [[[-74.1, 40.7], [-74.0, 40.7], [-74.0, 40.8], [-74.1, 40.8], [-74.1, 40.7]]]::double[][][])
        ) as s(location_key, rings)
    """,
}


def write_month(published: Path) -> Path:
    """Write the month's files below the folder, and return the folder."""
    for name, sql in METRICS.items():
        write(published / "metrics/month=2024-01", name, sql)
    for name, sql in TABLES.items():
        write(published / name / "month=2024-01", name, sql)
    for name, sql in DIMENSIONS.items():
        write(published / name, name, sql)
    return published


def write(folder: Path, name: str, sql: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for format_ in ("parquet", "csv"):
        duckdb.execute(f"copy ({sql}) to '{folder / name}.{format_}' (format {format_})")


class ParsedPage(HTMLParser):
    """The tags of a page with their attributes, and its text with single blanks."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"

    @property
    def links(self) -> set[str | None]:
        return {attributes.get("href") for tag, attributes in self.tags if tag == "a"}
