"""The results of steps, as receipts store them."""

import json
from dataclasses import asdict

import pytest

from pipeline.results import Converted, Landed, Transformed, TypeDifference, result_of

LANDED = Landed("2024-01.zip", "https://host/2024-01.zip", '"etag"', "", 12, "ab", "2024-02-01T00:00:00+00:00")


def test_a_result_is_read_back_from_a_record_with_other_entries() -> None:
    built = Transformed(models=20, tests=90, seconds=3.5)
    landed_record, built_record = (json.loads(json.dumps({"digest": "ab"} | asdict(one))) for one in (LANDED, built))
    assert result_of(Landed, landed_record) == LANDED
    assert result_of(Transformed, built_record) == built


def test_a_conversion_is_read_back_with_and_without_the_names_of_its_files() -> None:
    difference = TypeDifference("fare_amount", True, 1, 2, "fare_amount is published as text")
    converted = Converted(10, 3, ("a.csv", "b.csv"), (difference,))
    record = json.loads(json.dumps(asdict(converted)))
    assert result_of(Converted, record).type_differences == (difference,)
    assert list(result_of(Converted, record).members) == ["a.csv", "b.csv"]
    del record["members"]
    assert result_of(Converted, record).members == ()
    assert result_of(Converted, record).rows == 7


def test_a_record_without_a_required_entry_is_no_result() -> None:
    record = asdict(LANDED)
    del record["sha256"]
    with pytest.raises(TypeError, match="sha256"):
        result_of(Landed, record)
