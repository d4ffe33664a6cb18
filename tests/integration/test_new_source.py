"""A new source of trips is its declaration and its staging model: nothing else names it."""

import shutil
from datetime import date
from pathlib import Path

import duckdb

from pipeline.sample.generate import generate
from pipeline.sample.server import serve
from tests.conftest import HERE, Workspace

MONTH = date(2024, 1, 1)
TRIPS = 31 * 200
DECLARATION = """\
title: Pedicab rides
publisher: tlc
kind: trips
trip_type: pedicab
mode_title: Pedicabs
trips_label: pedicab rides
colour: "#7a3e9d"
first_month: 2024-01
lag_days: [1, 2]
format: parquet
max_bytes: 10_000_000
urls: ["{base}/trip-data/pedicab_{year}-{month}.parquet"]
read: "read_parquet({file})"
columns:
  begun: timestamp
  ended: timestamp
  from_zone: integer
  to_zone: integer
  miles: double
  fare: double
"""
MODEL = """\
{%- set published = {
    'texts': [],
    'integers': ['from_zone', 'to_zone'],
    'fractions': ['miles', 'fare'],
    'times': ['begun', 'ended'],
} -%}

with source as (

    select * from {{ source('tlc', 'pedicab_rides') }}

),

renamed as (

    select
        'pedicab_rides' as source,
        source_month,
        source_row,
        {{ row_hash("'pedicab_rides'", **published) }} as row_hash,
        {{ row_fingerprint(**published) }} as row_fingerprint,
        begun as pickup_datetime,
        ended as dropoff_datetime,
        from_zone as pickup_location_id,
        to_zone as dropoff_location_id,
        {{ miles('miles') }} as trip_distance_miles,
        {{ dollars('fare') }} as fare_amount,
        {{ dollars('fare') }} as total_amount

    from source

)

select * from renamed
"""
MODEL_YAML = """\
sources:
  - name: tlc
    schema: raw_data
    tables:
      - name: pedicab_rides
        description: Pedicab rides.

models:
  - name: stg_tlc__pedicab_rides
    description: One row per published row of pedicab rides.
"""
PUBLISHED = f"""
    select
        if(i % 20 = 0, i // 20 % 6, 6 + i % 18) as hour,  -- few rides at night: the gate rejects a shifted clock
        timestamp '2024-01-01' + to_days(i::integer // 200) + to_hours(hour) + to_seconds(i % 3600) as begun,
        begun + to_minutes(10 + i % 7) as ended,
        (1 + i % 200)::integer as from_zone,
        (1 + i % 190)::integer as to_zone,
        0.5 + i % 9 / 10 as miles,
        5.0 + i % 20 as fare
    from range({TRIPS}) as rides(i)
"""


def copy_project(folder: Path) -> Path:
    """A copy of what a run reads: code, declarations, models and settings."""
    leave = shutil.ignore_patterns("target", "logs", ".user.yml", "__pycache__")
    for name in ("pipeline", "config", "dbt", "docs"):
        shutil.copytree(HERE / name, folder / name, ignore=leave)
    for name in ("luigi.cfg", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(HERE / name, folder)
    return folder


def test_a_new_source_goes_from_download_to_its_page(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    (project / "config/sources/pedicab_rides.yaml").write_text(DECLARATION)
    (project / "dbt/models/staging/tlc/stg_tlc__pedicab_rides.sql").write_text(MODEL)
    (project / "dbt/models/staging/tlc/stg_tlc__pedicab_rides.yml").write_text(MODEL_YAML)
    upstream = tmp_path / "upstream"
    generate(upstream, [MONTH], sources=["weather", "taxi_zones", "taxi_zone_polygons"])
    (upstream / "trip-data").mkdir(exist_ok=True)
    duckdb.execute(f"copy ({PUBLISHED}) to '{upstream}/trip-data/pedicab_2024-01.parquet' (format parquet)")

    with serve(upstream) as server:
        workspace = Workspace(tmp_path / "data", server, {"PYTHONPATH": str(project)}, project)
        ended = workspace.run_month("2024-01", "--sources", "pedicab_rides")
    assert ended.returncode == 0, ended.stderr

    facts = "select source::varchar, trip_type::varchar, count(*) from core.fct_trips group by all"
    assert workspace.query(facts) == [("pedicab_rides", "pedicab", TRIPS)]
    modes = workspace.data / "published/metrics/month=2024-01/by_mode.parquet"
    assert duckdb.execute(f"select trip__trip_type, total_trips from '{modes}'").fetchall() == [("pedicab", TRIPS)]
    page = (workspace.data / "reports/2024-01.html").read_text()
    assert "Pedicabs" in page and "pedicab rides" in page
    assert ".m-pedicab { --mode: #7a3e9d; }" in page
