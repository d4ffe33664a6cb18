"""The columns of the TLC's Parquet files by month: their names, order and types as in the published files.

``null`` is Parquet's null type, which the TLC writes for a column without values.
"""

from datetime import date

Columns = dict[str, tuple[str, str]]
"""Published name -> SQL expression over ``records`` (see fares.py), type."""

AIRPORT_FEE_RENAMED = date(2023, 2, 1)
"""``airport_fee`` is ``Airport_fee`` from then on, and ids are int32."""
AIRPORT_FEE = date(2021, 1, 1)
CONGESTION_SURCHARGE = date(2019, 2, 1)
CONGESTION_FEE = date(2025, 1, 1)


def columns_of(source: str, month: date) -> Columns:
    return {
        "yellow_taxi": yellow_columns,
        "green_taxi": green_columns,
        "fhv_taxi": fhv_columns,
        "hvfhv_taxi": hvfhv_columns,
    }[source](month)


def yellow_columns(month: date) -> Columns:
    counts, ids = "bigint", "bigint"
    if date(2019, 1, 1) <= month < AIRPORT_FEE_RENAMED:
        counts = "double"
    if month >= AIRPORT_FEE_RENAMED:
        ids = "integer"
    columns: Columns = {
        "VendorID": (vendor(month), ids),
        "tpep_pickup_datetime": ("start_time", "timestamp"),
        "tpep_dropoff_datetime": ("end_time", "timestamp"),
        "passenger_count": (metered("passengers"), counts),
        "trip_distance": ("distance", "double"),
        "RatecodeID": (metered("rate_code"), counts),
        "store_and_fwd_flag": (metered("store_and_forward"), "varchar"),
        "PULocationID": ("pickup_zone", ids),
        "DOLocationID": ("dropoff_zone", ids),
        "payment_type": ("payment_type", "bigint"),
        "fare_amount": ("fare", "double"),
        "extra": ("extra", "double"),
        "mta_tax": ("mta_tax", "double"),
        "tip_amount": ("tip", "double"),
        "tolls_amount": ("tolls", "double"),
        "improvement_surcharge": ("improvement", "double"),
        "total_amount": ("total", "double"),
        "congestion_surcharge": amount_since(CONGESTION_SURCHARGE, month, metered("congestion")),
    }
    fee = "Airport_fee" if month >= AIRPORT_FEE_RENAMED else "airport_fee"
    columns[fee] = amount_since(AIRPORT_FEE, month, metered("airport"))
    return columns | congestion_fee(month)


def green_columns(month: date) -> Columns:
    counts, ids = "double", "bigint"
    if month < date(2019, 1, 1) or month >= date(2024, 2, 1):
        counts = "bigint"
    if month >= AIRPORT_FEE_RENAMED:
        ids = "integer"
    columns: Columns = {
        "VendorID": ("vendor", ids),
        "lpep_pickup_datetime": ("start_time", "timestamp"),
        "lpep_dropoff_datetime": ("end_time", "timestamp"),
        "store_and_fwd_flag": (metered("store_and_forward"), "varchar"),
        "RatecodeID": (metered("rate_code"), counts),
        "PULocationID": ("pickup_zone", ids),
        "DOLocationID": ("dropoff_zone", ids),
        "passenger_count": (metered("passengers"), counts),
        "trip_distance": ("distance", "double"),
        "fare_amount": ("fare", "double"),
        "extra": ("extra", "double"),
        "mta_tax": ("mta_tax", "double"),
        "tip_amount": ("tip", "double"),
        "tolls_amount": ("tolls", "double"),
        "ehail_fee": ("null", "null" if month < AIRPORT_FEE_RENAMED else "double"),
        "improvement_surcharge": ("improvement", "double"),
        "total_amount": ("total", "double"),
        "payment_type": (metered("payment_type"), counts),
        "trip_type": (metered("trip_type"), counts),
        "congestion_surcharge": amount_since(CONGESTION_SURCHARGE, month, metered("congestion")),
    }
    if month >= date(2025, 1, 1):
        del columns["ehail_fee"]
    return columns | congestion_fee(month)


def fhv_columns(month: date) -> Columns:
    """Three columns before 2017; the case of names changes several times."""
    if month < date(2017, 1, 1):
        return {
            "Dispatching_base_num": ("base", "varchar"),
            "Pickup_date": ("start_time", "timestamp"),
            "locationID": ("reported_pickup", "double"),
        }
    if month < date(2019, 1, 1):
        names = ("Dispatching_base_num", "Pickup_DateTime", "DropOff_datetime", "PUlocationID", "DOlocationID")
    elif month < date(2020, 1, 1):
        names = ("dispatching_base_num", "pickup_datetime", "dropoff_datetime", "PULocationID", "DOLocationID")
    else:
        names = ("dispatching_base_num", "pickup_datetime", "dropOff_datetime", "PUlocationID", "DOlocationID")
    expressions = (
        ("base", "varchar"),
        ("start_time", "timestamp"),
        ("reported_end", "timestamp"),
        ("reported_pickup", "double"),
        ("reported_dropoff", "double"),
    )
    columns: Columns = dict(zip(names, expressions, strict=True))
    if month >= date(2017, 7, 1):
        columns["SR_Flag"] = ("null", "null" if month < date(2023, 1, 1) else "integer")
    if month >= date(2019, 1, 1):
        columns["Affiliated_base_number"] = ("affiliated_base", "varchar")
    return columns


def hvfhv_columns(month: date) -> Columns:
    ids = "bigint" if month < AIRPORT_FEE_RENAMED else "integer"
    columns: Columns = {
        "hvfhs_license_num": ("license_number", "varchar"),
        "dispatching_base_num": ("base", "varchar"),
        "originating_base_num": ("if(is_uber, base, null)", "varchar"),
        "request_datetime": ("request_time", "timestamp"),
        "on_scene_datetime": ("on_scene_time", "timestamp"),
        "pickup_datetime": ("start_time", "timestamp"),
        "dropoff_datetime": ("end_time", "timestamp"),
        "PULocationID": ("pickup_zone", ids),
        "DOLocationID": ("dropoff_zone", ids),
        "trip_miles": ("distance", "double"),
        "trip_time": ("seconds", "bigint"),
        "base_passenger_fare": ("fare", "double"),
        "tolls": ("tolls", "double"),
        "bcf": ("bcf", "double"),
        "sales_tax": ("tax", "double"),
        "congestion_surcharge": ("congestion", "double"),
        "airport_fee": amount_since(AIRPORT_FEE, month, "airport"),
        "tips": ("tips", "double"),
        "driver_pay": ("driver_pay", "double"),
        "shared_request_flag": ("shared", "varchar"),
        "shared_match_flag": ("'N'", "varchar"),
        "access_a_ride_flag": ("if(is_uber, ' ', 'N')", "varchar"),
        "wav_request_flag": ("'N'", "varchar"),
        "wav_match_flag": ("null", "null") if month < date(2020, 1, 1) else ("'N'", "varchar"),
    }
    return columns | congestion_fee(month)


def vendor(month: date) -> str:
    """The vendor: a few trips have vendor 6 from 2019-02, and vendor 7 from 2025-01."""
    if month < date(2019, 2, 1):
        return "vendor"
    newest = "when uniform(id, 29) < 0.01 then 7" if month >= date(2025, 1, 1) else ""
    return f"case when uniform(id, 29) < 0.003 then 6 {newest} else vendor end"


def metered(expression: str) -> str:
    """A value that the meter reports, and that is null in trips without meter data (payment type 0)."""
    return f"if(lacks_meter_data, null, {expression})"


def amount_since(first: date, month: date, expression: str) -> tuple[str, str]:
    """An amount that is charged since ``first``. Files of earlier months have its column with the null type."""
    return (expression, "double") if month >= first else ("null", "null")


def congestion_fee(month: date) -> Columns:
    return {"cbd_congestion_fee": ("cbd", "double")} if month >= CONGESTION_FEE else {}
