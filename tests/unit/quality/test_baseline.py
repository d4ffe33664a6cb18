"""What is usual: months compared with the months before, in a small warehouse."""

from datetime import date
from pathlib import Path

import pytest

from pipeline import quality
from pipeline.database import Warehouse
from pipeline.quality import Verdict
from tests.unit.quality.small_warehouse import damage

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)
MONTH = "audit.month_profile: 2024-01 yellow_taxi"

PROFILE = """
model: audit.month_profile
where: "source_month = {month} and source = {source}"
sources: [yellow_taxi, citibike]
expectations:
  - expectation: expect_column_mean_to_be_between
    description: fares are as usual
    column: median_fare
    min_value: {$PARAMETER: 0.5 * usual_median_fare}
    max_value: {$PARAMETER: 2 * usual_median_fare}
    sources: [yellow_taxi]
    severity: warning
  - expectation: expect_column_mean_to_be_between
    description: the month has half the rows of a year ago
    column: rows_published
    min_value: {$PARAMETER: 0.5 * last_year_rows_published}
    severity: critical
  - expectation: unexpected_rows_expectation
    description: rows do not halve
    unexpected_rows_query: >-
      select source_month || ' had ' || rows_published as rows from audit.month_profile
      where source_month in {history} and source = {source}
      and rows_published > 2 * (select rows_published from {batch})
    severity: warning
"""


@pytest.fixture
def profiled(warehouse: Warehouse, tmp_path: Path) -> Path:
    """A suite that compares months; the five months before and the same month a year ago are in the warehouse."""
    months = ["2023-01", "2023-08", "2023-09", "2023-10", "2023-11", "2023-12"]
    rows = ", ".join(f"('yellow_taxi', date '{month}-01', 4000, 12.0 + {n})" for n, month in enumerate(months))
    damage(warehouse, f"insert into audit.month_profile values {rows}")
    folder = tmp_path / "usual"
    folder.mkdir()
    (folder / "month_profile.yaml").write_text(PROFILE)
    return folder


def outcomes(verdict: Verdict) -> dict[str, tuple[str, str]]:
    return {finding.description: (finding.outcome, finding.observed) for finding in verdict.findings}


def test_a_usual_month_passes_for_each_of_the_sources_that_it_has(warehouse: Warehouse, profiled: Path) -> None:
    assert outcomes(quality.judge(warehouse, [JANUARY], profiled)[JANUARY]) == {
        "fares are as usual": ("pass", "12.5"),
        "the month has half the rows of a year ago": ("pass", "4,176"),
        "rows do not halve": ("pass", "no row violates it"),
    }


def test_an_unusual_month_is_compared_with_the_median_of_six_months(warehouse: Warehouse, profiled: Path) -> None:
    damage(
        warehouse,
        "update audit.month_profile set median_fare = 1250, rows_published = 1500 where source_month = '2024-01-01'",
    )
    verdict = quality.judge(warehouse, [JANUARY], profiled)[JANUARY]
    assert [finding.sentence for finding in verdict.findings] == [
        f"{MONTH} FAILED the month has half the rows of a year ago: 1,500 (limit at least 2,000)",
        f"{MONTH} FAILED fares are as usual: 1,250 (limit 7.5 to 30)",
        f"{MONTH} FAILED rows do not halve: 5 rows violate it, such as 2023-08-01 had 4000, 2023-09-01 had 4000, "
        "2023-10-01 had 4000, 2023-11-01 had 4000, 2023-12-01 had 4000",
    ]


def test_an_expectation_without_enough_history_is_skipped(warehouse: Warehouse, profiled: Path) -> None:
    damage(warehouse, "delete from audit.month_profile where source_month between '2023-01-01' and '2023-10-01'")
    verdict = quality.judge(warehouse, [JANUARY], profiled)[JANUARY]
    few = "needs a longer history (at least 3 of the 6 months before)"
    assert outcomes(verdict) == {
        "fares are as usual": ("skipped", few),
        "the month has half the rows of a year ago": ("skipped", "needs a longer history (2023-01)"),
        "rows do not halve": ("skipped", few),
    }
    assert f"{MONTH} SKIPPED fares are as usual: {few}" in [finding.sentence for finding in verdict.findings]
    assert not verdict.rejected


def test_rejected_months_do_not_define_what_is_usual(warehouse: Warehouse, profiled: Path) -> None:
    damage(warehouse, "update audit.month_profile set median_fare = 1250 where source_month < '2024-01-01'")
    rejected = [date(2023, 11, 1), date(2023, 12, 1), date(2023, 9, 1)]
    verdict = quality.judge(warehouse, [JANUARY], profiled, excluded=rejected)[JANUARY]
    assert outcomes(verdict)["fares are as usual"][0] == "skipped"
    assert outcomes(quality.judge(warehouse, [JANUARY], profiled)[JANUARY])["fares are as usual"][0] == "fail"


def test_a_month_rejected_in_the_same_run_does_not_define_what_is_usual_in_the_next(
    warehouse: Warehouse, profiled: Path
) -> None:
    damage(
        warehouse, "delete from audit.month_profile where source_month in ('2023-08-01', '2023-09-01', '2023-10-01')"
    )
    both = [FEBRUARY, JANUARY]
    assert outcomes(quality.judge(warehouse, both, profiled)[FEBRUARY])["fares are as usual"][0] == "pass"
    damage(warehouse, "update audit.month_profile set rows_published = 100 where source_month = '2024-01-01'")
    assert outcomes(quality.judge(warehouse, both, profiled)[FEBRUARY])["fares are as usual"][0] == "skipped"
