"""What is usual: months compared with those before them, in a small warehouse."""

from datetime import date
from pathlib import Path

import pytest

from pipeline import quality
from pipeline.quality import Finding
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
    description: about as many rows as a year ago
    column: rows_published
    min_value: {$PARAMETER: 0.5 * last_year_rows_published}
    severity: critical
  - expectation: unexpected_rows_expectation
    description: rows do not halve
    unexpected_rows_query: >-
      select source_month, rows_published from audit.month_profile
      where source_month in {history} and source = {source}
      and rows_published > 2 * (select rows_published from {batch})
    severity: warning
"""


@pytest.fixture
def profiled(warehouse: Path, tmp_path: Path) -> Path:
    """A suite of what is usual; five months before and the same month a year ago are known."""
    months = ["2023-01", "2023-08", "2023-09", "2023-10", "2023-11", "2023-12"]
    rows = ", ".join(f"('yellow_taxi', date '{month}-01', 4000, 12.0 + {n})" for n, month in enumerate(months))
    damage(warehouse, f"insert into audit.month_profile values {rows}")
    folder = tmp_path / "usual"
    folder.mkdir()
    (folder / "month_profile.yaml").write_text(PROFILE)
    return folder


def said(findings: list[Finding]) -> dict[str, tuple[str, str]]:
    return {finding.description: (finding.outcome, finding.observed) for finding in findings}


def test_a_usual_month_is_judged_by_those_before_it_and_only_for_the_sources_that_it_has(
    warehouse: Path, profiled: Path
) -> None:
    findings = quality.judge(warehouse, [JANUARY], profiled)[JANUARY]
    assert said(findings) == {
        "fares are as usual": ("pass", "12.5"),
        "about as many rows as a year ago": ("pass", "4,176"),
        "rows do not halve": ("pass", "0 against it"),
    }


def test_what_is_unusual_is_compared_with_the_median_of_six_months_in_words(warehouse: Path, profiled: Path) -> None:
    damage(
        warehouse,
        "update audit.month_profile set median_fare = 1250, rows_published = 1500 where source_month = '2024-01-01'",
    )
    findings = quality.judge(warehouse, [JANUARY], profiled)[JANUARY]
    assert [finding.sentence for finding in findings] == [
        f"{MONTH} breaks «about as many rows as a year ago»: 1,500; allowed: at least 2,000",
        f"{MONTH} breaks «fares are as usual»: 1,250; allowed: at least 7.5 and at most 30",
        f"{MONTH} breaks «rows do not halve»: 5 against it, such as 2023-08-01 4,000, "
        "2023-09-01 4,000, 2023-10-01 4,000, 2023-11-01 4,000, 2023-12-01 4,000; allowed: none",
    ]


def test_judgement_is_held_back_and_says_so_until_there_is_history(warehouse: Path, profiled: Path) -> None:
    damage(warehouse, "delete from audit.month_profile where source_month between '2023-01-01' and '2023-10-01'")
    findings = quality.judge(warehouse, [JANUARY], profiled)[JANUARY]
    few = "of the 6 months before, fewer than 3 are there to compare with"
    assert said(findings) == {
        "fares are as usual": ("held back", few),
        "about as many rows as a year ago": ("held back", "2023-01 is not there to compare with"),
        "rows do not halve": ("held back", few),
    }
    assert quality.rejecting(findings) == []


def test_rejected_months_do_not_say_what_is_usual(warehouse: Path, profiled: Path) -> None:
    damage(warehouse, "update audit.month_profile set median_fare = 1250 where source_month < '2024-01-01'")
    aside = [date(2023, 11, 1), date(2023, 12, 1), date(2023, 9, 1)]
    findings = quality.judge(warehouse, [JANUARY], profiled, set_aside=aside)[JANUARY]
    assert said(findings)["fares are as usual"][0] == "held back"
    assert said(quality.judge(warehouse, [JANUARY], profiled)[JANUARY])["fares are as usual"][0] == "fail"


def test_a_month_rejected_on_the_way_does_not_count_for_the_next(warehouse: Path, profiled: Path) -> None:
    damage(
        warehouse, "delete from audit.month_profile where source_month in ('2023-08-01', '2023-09-01', '2023-10-01')"
    )
    both = [FEBRUARY, JANUARY]
    assert said(quality.judge(warehouse, both, profiled)[FEBRUARY])["fares are as usual"][0] == "pass"
    damage(warehouse, "update audit.month_profile set rows_published = 100 where source_month = '2024-01-01'")
    assert said(quality.judge(warehouse, both, profiled)[FEBRUARY])["fares are as usual"][0] == "held back"
