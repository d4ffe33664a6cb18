"""Real DuckDB, real Great Expectations: a small warehouse, and what is found in it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from pipeline import quality
from pipeline.errors import BadInput, WarehouseBusy
from pipeline.quality import Finding
from tests.unit.quality.small_warehouse import TRIPS, damage

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)

Suite = Callable[[str], Path]


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """Writes the one suite of a folder of its own; returns the folder."""

    def written(text: str) -> Path:
        folder = tmp_path / "suites"
        folder.mkdir()
        (folder / "fct_trips.yaml").write_text(text)
        return folder

    return written


def one(severity: str, words: str) -> str:
    return f"""
model: core.fct_trips
where: "source_month = {{month}}"
expectations:
  - {{{words}, severity: {severity}, description: what is expected}}
"""


def outcomes(findings: list[Finding]) -> set[str]:
    return {finding.outcome for finding in findings}


def is_rejected(findings: list[Finding]) -> bool:
    return bool(quality.verdict(JANUARY, findings)["rejected"])


def test_sound_months_hold_every_expectation(warehouse: Path, suites: Path) -> None:
    judged = quality.judge(warehouse, [JANUARY, FEBRUARY], suites)
    assert {finding.sentence for month in judged.values() for finding in month if finding.outcome != "pass"} == set()
    assert not is_rejected(judged[JANUARY])
    assert quality.verdict(JANUARY, judged[JANUARY])["why"] == ""


def test_hours_without_weather_reject_their_month_and_no_other_and_are_named(warehouse: Path, suites: Path) -> None:
    damage(warehouse, "update core.fct_trips set weather_key = 2 where pickup_datetime < timestamp '2024-01-01 03:00'")
    judged = quality.judge(warehouse, [JANUARY, FEBRUARY], suites)
    said = quality.verdict(JANUARY, judged[JANUARY])
    assert said["rejected"]
    assert said["why"] == (
        "core.fct_trips: 2024-01 breaks «every hour of the month with a trip has its weather»: "
        "3 against it, such as 2024-01-01 00:00, 2024-01-01 01:00, 2024-01-01 02:00; allowed: none"
    )
    assert not is_rejected(judged[FEBRUARY])


def test_a_month_without_rows_is_rejected(warehouse: Path, suites: Path) -> None:
    findings = quality.judge(warehouse, [date(2023, 12, 1)], suites)[date(2023, 12, 1)]
    assert [finding.sentence for finding in findings if finding.rejects] == [
        "core.fct_trips: 2023-12 breaks «the month has trips»: 0; allowed: at least 1",
        "staging.stg_weather__hourly: 2023-12 breaks «the month has weather»: 0; allowed: at least 1",
    ]


def test_a_warning_that_fails_is_reported_and_rejects_nothing(warehouse: Path, suites: Path) -> None:
    damage(warehouse, "update core.fct_trips set avg_speed_mph = 300 where pickup_datetime < timestamp '2024-01-02'")
    findings = quality.judge(warehouse, [JANUARY], suites)[JANUARY]
    assert findings[0].sentence == (
        "core.fct_trips: 2024-01 breaks «nearly all trips are slower than 80 mph»: "
        "144 of 4,176 rows (3.45 %) against it, such as 300; allowed: at most 1 % of rows"
    )
    assert not is_rejected(findings)


@pytest.mark.parametrize(
    "words",
    [
        "expectation: expect_column_values_to_not_be_null, column: no_such_column",
        "expectation: expect_column_mean_to_be_between, column: trip_type, max_value: 5",
        "expectation: unexpected_rows_expectation, unexpected_rows_query: 'select no_such_column from {batch}'",
    ],
)
def test_what_cannot_be_evaluated_is_an_error_and_rejects_even_as_a_warning(
    warehouse: Path, suite: Suite, words: str
) -> None:
    findings = quality.judge(warehouse, [JANUARY], suite(one("warning", words)))[JANUARY]
    assert outcomes(findings) == {"error"}
    assert is_rejected(findings)
    assert "2024-01 could not be judged on «what is expected»: " in findings[0].sentence


def test_a_table_that_is_missing_is_an_error_in_each_expectation_of_its_suite_alone(
    warehouse: Path, suites: Path
) -> None:
    damage(warehouse, "drop table staging.stg_weather__hourly")
    findings = quality.judge(warehouse, [JANUARY], suites)[JANUARY]
    assert {finding.suite for finding in findings if finding.outcome == "error"} == {"stg_weather__hourly"}
    assert outcomes([finding for finding in findings if finding.suite == "fct_trips"]) == {"pass"}


def test_a_warehouse_that_cannot_be_opened_is_an_error_in_every_expectation_of_every_month(
    tmp_path: Path, suites: Path
) -> None:
    broken = tmp_path / "nyc_mobility.duckdb"
    broken.write_bytes(b"no database" * 1000)
    for findings in quality.judge(broken, [JANUARY, FEBRUARY], suites).values():
        assert outcomes(findings) == {"error"}
        assert is_rejected(findings)
        assert "not a valid DuckDB database file" in findings[0].sentence


@pytest.fixture
def held(warehouse: Path) -> Iterator[int]:
    """The warehouse, held by another process; gives the process's id."""
    script = f"import duckdb; con = duckdb.connect({str(warehouse)!r}); print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process.pid
        process.communicate(b"\n")


def test_a_warehouse_that_another_process_holds_says_nothing_of_the_month(
    warehouse: Path, held: int, suites: Path
) -> None:
    with pytest.raises(WarehouseBusy, match=f"held by process {held}"):
        quality.judge(warehouse, [JANUARY], suites)


@pytest.fixture
def rolled_back_when_returned() -> Iterator[None]:
    """What SQLAlchemy does to a connection that it gets back, unless it is told not to."""

    def roll_back(connection: duckdb.DuckDBPyConnection, record: object) -> None:
        with suppress(duckdb.TransactionException):
            connection.rollback()

    event.listen(Pool, "checkin", roll_back)
    yield
    event.remove(Pool, "checkin", roll_back)


@pytest.mark.usefixtures("rolled_back_when_returned")
def test_a_connection_that_loses_its_result_before_it_is_fetched_is_an_error_and_no_failure(
    warehouse: Path, suites: Path
) -> None:
    findings = quality.judge(warehouse, [JANUARY], suites)[JANUARY]
    assert outcomes(findings) == {"error"}
    assert is_rejected(findings)


def test_the_warehouse_can_be_written_to_right_afterwards_and_nothing_else_was_written(
    warehouse: Path, suites: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    quality.judge(warehouse, [JANUARY], suites, {"threads": "1", "memory_limit": "1GB"})
    damage(warehouse, "create table core.written_afterwards as select 1 as a")
    assert list(elsewhere.iterdir()) == []
    assert [path.name for path in warehouse.parent.iterdir()] == [warehouse.name]


@pytest.mark.parametrize(
    "words",
    [
        "expectation: expect_column_quantile_values_to_be_between, column: avg_speed_mph, "
        "quantile_ranges: {quantiles: [0.5], value_ranges: [[0, 5]]}",
        "expectation: expect_column_max_to_be_between, column: avg_speed_mph, max_value: 80",
        "expectation: expect_column_mean_to_be_between, column: avg_speed_mph, max_value: 80",
        "expectation: expect_column_values_to_be_between, column: avg_speed_mph, max_value: 80",
    ],
)
@pytest.mark.parametrize("speed", ["'nan'", "'inf'", "null", "90"])
def test_findings_survive_json_whatever_was_observed(warehouse: Path, suite: Suite, words: str, speed: str) -> None:
    damage(warehouse, f"update core.fct_trips set avg_speed_mph = {speed}")
    findings = quality.judge(warehouse, [JANUARY], suite(one("critical", words)))[JANUARY]
    said = quality.verdict(JANUARY, findings)
    again = json.loads(json.dumps(said, allow_nan=False))
    assert again == said
    assert [Finding(**finding) for finding in again["findings"]] == findings


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            "expectation: expect_column_distinct_values_to_be_in_set, column: trip_type, value_set: [fhv]",
            "breaks «what is expected»: 1 values against it, such as yellow_taxi; allowed: none",
        ),
        (
            "expectation: expect_column_mean_to_be_between, column: avg_speed_mph, min_value: 15, max_value: 20",
            "breaks «what is expected»: 12; allowed: at least 15 and at most 20",
        ),
        (
            "expectation: expect_column_pair_values_to_be_equal, column_A: weather_key, column_B: avg_speed_mph",
            "breaks «what is expected»: 4,176 of 4,176 rows (100 %) against it, such as 1, 12; allowed: none",
        ),
    ],
)
def test_each_kind_of_expectation_has_its_words(warehouse: Path, suite: Suite, words: str, sentence: str) -> None:
    (finding,) = quality.judge(warehouse, [JANUARY], suite(one("critical", words)))[JANUARY]
    assert finding.sentence == f"core.fct_trips: 2024-01 {sentence}"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (one("critical", "expectation: expect_column_to_be_nice"), "near it are expect_column_to_exist"),
        (
            one("fatal", "expectation: expect_column_to_exist, column: a"),
            "severity 'fatal'; allowed are critical, warning",
        ),
        (one("critical", "expectation: expect_column_to_exist"), "column: field required"),
        (
            one("critical", "expectation: expect_column_to_exist, column: a, colum: b"),
            "colum: extra fields not permitted",
        ),
        ("where: a\nexpectations: []", "a suite has expectations, model (a list), and perhaps sources, where"),
        ("model: [", "no YAML"),
        ("", "a suite has expectations, model"),
    ],
)
def test_a_suite_that_makes_no_sense_is_refused_in_one_line_that_names_the_file(
    suite: Suite, text: str, complaint: str
) -> None:
    with pytest.raises(BadInput) as refused:
        quality.judge(Path("no warehouse is needed"), [JANUARY], suite(text))
    assert "fct_trips.yaml: " in str(refused.value)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_without_suites_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no suite there"):
        quality.judge(Path("no warehouse is needed"), [JANUARY], tmp_path)


def test_what_could_not_be_evaluated_takes_nothing_else_with_it(warehouse: Path, suite: Suite) -> None:
    several = f"""{TRIPS}
  - {{expectation: expect_column_mean_to_be_between, column: none, description: it is not there, severity: warning}}
  - {{expectation: expect_column_mean_to_be_between, column: trip_type, description: it is text, severity: warning}}
  - {{expectation: expect_column_max_to_be_between, column: avg_speed_mph, max_value: 11, description: slow,
     severity: warning}}
"""
    findings = quality.judge(warehouse, [JANUARY], suite(several))[JANUARY]
    assert {finding.description: finding.outcome for finding in findings if finding.outcome != "pass"} == {
        "it is not there": "error",
        "it is text": "error",
        "slow": "fail",
    }
    assert len(findings) == 7


def test_data_docs_show_each_month_judged_and_forget_what_they_showed_of_it_before(
    warehouse: Path, suites: Path, tmp_path: Path
) -> None:
    docs = tmp_path / "docs"
    quality.judge(warehouse, [JANUARY, FEBRUARY], suites, docs=docs)
    first = {page.relative_to(docs).parts[1:3] for page in docs.glob("validations/**/*.html")}
    assert first == {
        (suite, month) for suite in ("fct_trips", "stg_weather__hourly") for month in ("2024-01", "2024-02")
    }
    damage(warehouse, "update core.fct_trips set weather_key = 2 where pickup_datetime < timestamp '2024-01-01 03:00'")
    quality.judge(warehouse, [JANUARY], suites, docs=docs)
    pages = list(docs.glob("validations/fct_trips/2024-01/**/*.html"))
    assert len(pages) == 1 and "every hour of the month with a trip has its weather" in pages[0].read_text()
    assert len(list(docs.glob("validations/fct_trips/2024-02/**/*.html"))) == 1
    assert "2024-02" in (docs / "index.html").read_text()
