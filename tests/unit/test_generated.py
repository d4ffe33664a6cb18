"""The mark of generated data: which files have it."""

import json
import zipfile
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.generated import GENERATOR, KEY, ZIP_COMMENT, generator_of
from pipeline.sample.generate import generate
from pipeline.sample.weather import archive_response

TWO_DAYS = {"latitude": "40.7", "longitude": "-74", "start_date": "2024-01-01", "end_date": "2024-01-02"}


def test_generated_files_name_their_generator(tmp_path: Path) -> None:
    sources = ["yellow_taxi", "fhv_taxi", "citibike", "taxi_zones"]
    months = [date(2018, 1, 1), date(2020, 2, 1), date(2024, 9, 1)]  # yearly and nested archives, Parquet, legacy CSV
    generate(tmp_path, months, sources=sources, scale=0.01)
    files = [path for path in tmp_path.rglob("*") if path.suffix in (".parquet", ".zip")]
    assert len(files) == 10
    assert {generator_of(path, "parquet" if path.suffix == ".parquet" else "zip") for path in files} == {GENERATOR}
    (tmp_path / "answer").write_text(json.dumps(archive_response(TWO_DAYS, date(2024, 2, 1))))
    assert generator_of(tmp_path / "answer", "json") == GENERATOR


@pytest.fixture
def published(tmp_path: Path) -> dict[str, Path]:
    """A file of each format without the mark."""
    parquet.write_table(pa.table({"a": [1]}), tmp_path / "parquet")
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("a", ZIP_COMMENT)
        archive.comment = b"made by a publisher"
    (tmp_path / "json").write_text(json.dumps({"hourly": {KEY: GENERATOR}}))
    (tmp_path / "csv").write_text("id,zone\n1,EWR\n")
    return {name: tmp_path / name for name in ("parquet", "zip", "json", "csv")}


@pytest.mark.parametrize("file_format", ["parquet", "zip", "json", "csv"])
def test_published_files_name_none(published: dict[str, Path], file_format: str) -> None:
    assert generator_of(published[file_format], file_format) == ""


@pytest.mark.parametrize("file_format", ["parquet", "zip", "json", "csv", "shapefile"])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1\xff\xff\xff\x7fPAR1", b"[1]", b'{"a": '], ids=repr)
def test_files_that_cannot_be_read_name_none(tmp_path: Path, file_format: str, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert generator_of(tmp_path / "file", file_format) == ""
