"""Findings: their sentences, and what becomes of them in JSON."""

import json
from datetime import date

import pytest

from pipeline import quality
from pipeline.database import Warehouse
from pipeline.quality import Finding, Verdict
from tests.unit.quality.small_warehouse import WriteSuite, damage, one

JANUARY = date(2024, 1, 1)
PAIR = "expectation: expect_column_pair_values_to_be_equal"
QUERY = "expectation: unexpected_rows_expectation, unexpected_rows_query"
QUANTILES = "quantile_ranges: {quantiles: [0.5], value_ranges: [[0, 5]]}"


def found(sentence: str, outcome: str = "fail", severity: str = "critical") -> Finding:
    return Finding("fct_trips", "", "expect_column_to_exist", "", "it exists", severity, outcome, "0", sentence)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            "expectation: expect_column_distinct_values_to_be_in_set, column: trip_type, value_set: [fhv]",
            "FAILED it is sound: 1 value violates it, such as yellow_taxi",
        ),
        (
            "expectation: expect_column_distinct_values_to_equal_set, column: trip_type, value_set: [yellow_taxi, fhv]",
            "FAILED it is sound: no values violate it; missing are fhv",
        ),
        (
            "expectation: expect_column_mean_to_be_between, column: avg_speed_mph, min_value: 15, max_value: 20",
            "FAILED it is sound: 12 (limit 15 to 20)",
        ),
        (
            "expectation: expect_column_mean_to_be_between, column: avg_speed_mph, max_value: 2",
            "FAILED it is sound: 12 (limit at most 2)",
        ),
        (
            f"{PAIR}, column_A: weather_key, column_B: avg_speed_mph",
            "FAILED it is sound: 4,176 of 4,176 rows violate it, such as 1 and 12 (limit 0%)",
        ),
        (
            "expectation: expect_column_values_to_not_be_null, column: nothing, mostly: 0.99",
            "FAILED it is sound: 4,176 of 4,176 rows are null (limit 1%)",
        ),
        (
            "expectation: expect_table_row_count_to_equal, value: 265",
            "FAILED it is sound: 4,176 rows (limit exactly 265)",
        ),
        (
            f"{QUERY}: 'select 12.5 as a, 3 as b from {{batch}}'",
            "FAILED it is sound: 4,176 rows violate it, such as 12.5 3",
        ),
        (
            f"{QUERY}: 'select count(*) || $$ trips$$ from {{batch}}'",
            "FAILED it is sound: 4176 trips",
        ),
        (
            "expectation: expect_column_values_to_not_be_null, column: trip_id",
            "passed it is sound: 0 of 4,176 rows are null",
        ),
    ],
)
def test_the_sentence_of_each_kind_of_expectation(
    warehouse: Warehouse, write_suite: WriteSuite, arguments: str, sentence: str
) -> None:
    damage(warehouse, "alter table core.fct_trips add column nothing varchar")
    (finding,) = quality.judge(warehouse, [JANUARY], write_suite(one("critical", arguments)))[JANUARY].findings
    assert finding.sentence == f"core.fct_trips: 2024-01 {sentence}"


@pytest.mark.parametrize(
    "arguments",
    [
        f"expectation: expect_column_quantile_values_to_be_between, column: avg_speed_mph, {QUANTILES}",
        "expectation: expect_column_max_to_be_between, column: avg_speed_mph, max_value: 80",
        "expectation: expect_column_mean_to_be_between, column: avg_speed_mph, max_value: 80",
        "expectation: expect_column_values_to_be_between, column: avg_speed_mph, max_value: 80",
    ],
)
@pytest.mark.parametrize("speed", ["'nan'", "'inf'", "null", "90"])
def test_a_verdict_is_the_same_after_json_whatever_was_observed(
    warehouse: Warehouse, write_suite: WriteSuite, arguments: str, speed: str
) -> None:
    damage(warehouse, f"update core.fct_trips set avg_speed_mph = {speed}")
    verdict = quality.judge(warehouse, [JANUARY], write_suite(one("critical", arguments)))[JANUARY]
    record = json.loads(json.dumps(verdict.record(), allow_nan=False))
    assert record == verdict.record()
    assert Verdict.from_record(record | {"made_at": "today"}) == verdict


def test_a_verdict_lists_the_worst_findings_first_and_gives_five_reasons() -> None:
    failures = [found(f"failure {n}") for n in range(7)]
    others = [found("well", "pass"), found("later", "skipped"), found("slow", severity="warning")]
    verdict = Verdict.of(JANUARY, [*others, *failures, found("unknown", "error", "warning")])
    assert verdict.why == "unknown; failure 0; failure 1; failure 2; failure 3; and 3 more"
    assert [finding.sentence for finding in verdict.findings[-3:]] == ["slow", "later", "well"]


def test_a_month_without_critical_failures_and_errors_is_not_rejected() -> None:
    verdict = Verdict.of(JANUARY, [found("slow", severity="warning"), found("later", "skipped"), found("well", "pass")])
    assert not verdict.rejected
    assert verdict.why == ""
