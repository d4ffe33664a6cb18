"""Which files of the data folder are uploaded."""

from pathlib import Path

import pytest

from pipeline.publication.objects import Object, objects_of, shared_files

SHARED = (
    "published/dim_date/dim_date.parquet",
    "published/metrics/weather_effects_pooled.csv",
    "reports/index.html",
    "reports/docs/first-steps.html",
    "reports/explore/catalogue.js",
    "reports/quality/index.html",
)
OTHERS = (
    "published/2024-01.json",
    "published/dimensions.json",
    "published/metrics/pooled.json",
    "published/fct_trips/month=2024-01/fct_trips.parquet",
    "published/.part/dim_date/dim_date.parquet",
    "reports/2024-01.html",
    "reports/.2024-01.html.part",
    "reports/index.json",
    "reports/explore/2024-01.js",
    "reports/explore/catalogue.json",
    "reports/quality/2024-01/summary.json",
    "reports/quality/validations/fct_trips/2024-01/all.html",
    "warehouse/nyc_mobility.duckdb",
)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    for name in (*SHARED, *OTHERS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_all_months_share_the_files_of_no_month_without_receipts_and_unfinished_ones(data: Path) -> None:
    assert sorted(str(path.relative_to(data)) for path in shared_files()) == sorted(SHARED)


def test_an_object_has_the_name_the_size_and_the_digest_of_its_file(data: Path) -> None:
    (data / "reports/index.html").write_text("abc")
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert objects_of([data / "reports/index.html"]) == {"reports/index.html": Object(3, sha256)}
