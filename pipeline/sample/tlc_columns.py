"""Which columns a month's Parquet file has, in which order, case and type: what the files of those months show.

``null`` is Parquet's null type: how the TLC writes a column that holds nothing.
"""

from datetime import date

Columns = dict[str, tuple[str, str]]  # published name -> what it is made of, its type

AIRPORT_FEE_IN_CAPITALS = date(2023, 2, 1)
CONGESTION = date(2019, 2, 1)


def columns_of(source: str, month: date) -> Columns:
    return {"yellow_taxi": yellow, "green_taxi": green, "fhv_taxi": fhv, "hvfhv_taxi": hvfhv}[source](month)


def yellow(month: date) -> Columns:
    counts, ids = "bigint", "bigint"
    if date(2019, 1, 1) <= month < AIRPORT_FEE_IN_CAPITALS:
        counts = "double"
    if month >= AIRPORT_FEE_IN_CAPITALS:
        ids = "integer"
    columns: Columns = {
        "VendorID": (vendors(month), ids),
        "tpep_pickup_datetime": ("starts", "timestamp"),
        "tpep_dropoff_datetime": ("ends", "timestamp"),
        "passenger_count": (attended("passengers"), counts),
        "trip_distance": ("distance", "double"),
        "RatecodeID": (attended("rate"), counts),
        "store_and_fwd_flag": (attended("flag"), "varchar"),
        "PULocationID": ("pickup_zone", ids),
        "DOLocationID": ("dropoff_zone", ids),
        "payment_type": ("paid", "bigint"),
        "fare_amount": ("fare", "double"),
        "extra": ("extra", "double"),
        "mta_tax": ("mta_tax", "double"),
        "tip_amount": ("tip", "double"),
        "tolls_amount": ("tolls", "double"),
        "improvement_surcharge": ("improvement", "double"),
        "total_amount": ("total", "double"),
        "congestion_surcharge": since(CONGESTION, month, attended("congestion")),
    }
    fee = "Airport_fee" if month >= AIRPORT_FEE_IN_CAPITALS else "airport_fee"
    columns[fee] = since(date(2021, 1, 1), month, attended("airport"))
    return columns | congestion_charge(month)


def green(month: date) -> Columns:
    counts, ids = "double", "bigint"
    if month < date(2019, 1, 1) or month >= date(2024, 2, 1):
        counts = "bigint"
    if month >= AIRPORT_FEE_IN_CAPITALS:
        ids = "integer"
    columns: Columns = {
        "VendorID": ("vendor", ids),
        "lpep_pickup_datetime": ("starts", "timestamp"),
        "lpep_dropoff_datetime": ("ends", "timestamp"),
        "store_and_fwd_flag": (attended("flag"), "varchar"),
        "RatecodeID": (attended("rate"), counts),
        "PULocationID": ("pickup_zone", ids),
        "DOLocationID": ("dropoff_zone", ids),
        "passenger_count": (attended("passengers"), counts),
        "trip_distance": ("distance", "double"),
        "fare_amount": ("fare", "double"),
        "extra": ("extra", "double"),
        "mta_tax": ("mta_tax", "double"),
        "tip_amount": ("tip", "double"),
        "tolls_amount": ("tolls", "double"),
        "ehail_fee": ("null", "null" if month < AIRPORT_FEE_IN_CAPITALS else "double"),
        "improvement_surcharge": ("improvement", "double"),
        "total_amount": ("total", "double"),
        "payment_type": (attended("paid"), counts),
        "trip_type": (attended("trip_type"), counts),
        "congestion_surcharge": since(CONGESTION, month, attended("congestion")),
    }
    if month >= date(2025, 1, 1):
        del columns["ehail_fee"]
    return columns | congestion_charge(month)


def fhv(month: date) -> Columns:
    """Three columns at first, in ever changing case."""
    if month < date(2017, 1, 1):
        return {
            "Dispatching_base_num": ("base", "varchar"),
            "Pickup_date": ("starts", "timestamp"),
            "locationID": ("known_pickup", "double"),
        }
    if month < date(2019, 1, 1):
        names = ("Dispatching_base_num", "Pickup_DateTime", "DropOff_datetime", "PUlocationID", "DOlocationID")
    elif month < date(2020, 1, 1):
        names = ("dispatching_base_num", "pickup_datetime", "dropoff_datetime", "PULocationID", "DOLocationID")
    else:
        names = ("dispatching_base_num", "pickup_datetime", "dropOff_datetime", "PUlocationID", "DOlocationID")
    made = (
        ("base", "varchar"),
        ("starts", "timestamp"),
        ("known_end", "timestamp"),
        ("known_pickup", "double"),
        ("known_dropoff", "double"),
    )
    columns: Columns = dict(zip(names, made, strict=True))
    if month >= date(2017, 7, 1):
        columns["SR_Flag"] = ("null", "null" if month < date(2023, 1, 1) else "integer")
    if month >= date(2019, 1, 1):
        columns["Affiliated_base_number"] = ("affiliated", "varchar")
    return columns


def hvfhv(month: date) -> Columns:
    ids = "bigint" if month < AIRPORT_FEE_IN_CAPITALS else "integer"
    columns: Columns = {
        "hvfhs_license_num": ("licence", "varchar"),
        "dispatching_base_num": ("base", "varchar"),
        "originating_base_num": ("if(is_uber, base, null)", "varchar"),
        "request_datetime": ("requested", "timestamp"),
        "on_scene_datetime": ("on_scene", "timestamp"),
        "pickup_datetime": ("starts", "timestamp"),
        "dropoff_datetime": ("ends", "timestamp"),
        "PULocationID": ("pickup_zone", ids),
        "DOLocationID": ("dropoff_zone", ids),
        "trip_miles": ("distance", "double"),
        "trip_time": ("seconds", "bigint"),
        "base_passenger_fare": ("fare", "double"),
        "tolls": ("tolls", "double"),
        "bcf": ("bcf", "double"),
        "sales_tax": ("tax", "double"),
        "congestion_surcharge": ("congestion", "double"),
        "airport_fee": since(date(2021, 1, 1), month, "airport"),
        "tips": ("tips", "double"),
        "driver_pay": ("pay", "double"),
        "shared_request_flag": ("shared", "varchar"),
        "shared_match_flag": ("'N'", "varchar"),
        "access_a_ride_flag": ("if(is_uber, ' ', 'N')", "varchar"),
        "wav_request_flag": ("'N'", "varchar"),
        "wav_match_flag": ("null", "null") if month < date(2020, 1, 1) else ("'N'", "varchar"),
    }
    return columns | congestion_charge(month)


def vendors(month: date) -> str:
    """A few trips are those of vendor 6, in the newest files also of vendor 7."""
    if month < CONGESTION:
        return "vendor"
    newest = "when u(id, 29) < 0.01 then 7" if month >= date(2025, 1, 1) else ""
    return f"case when u(id, 29) < 0.003 then 6 {newest} else vendor end"


def attended(made: str) -> str:
    """What only trips have that the meter reported: the others (payment type 0) leave it empty."""
    return f"if(is_unattended, null, {made})"


def since(first: date, month: date, made: str) -> tuple[str, str]:
    """An amount that did not exist before ``first``, whose column does: it has the null type then."""
    return (made, "double") if month >= first else ("null", "null")


def congestion_charge(month: date) -> Columns:
    return {"cbd_congestion_fee": ("cbd", "double")} if month >= date(2025, 1, 1) else {}
