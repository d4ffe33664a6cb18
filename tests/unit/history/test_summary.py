"""The summary of a run: a row for what was built, complete, rejected, failed, late, expected, and where to look."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.history import runs, summary
from pipeline.history.summary import Found

NOW = datetime(2024, 12, 1, 12, tzinfo=UTC)
JANUARY, FEBRUARY, MARCH = (date(2024, month, 1) for month in (1, 2, 3))
TYPED = "./run.sh month 2024-01 --sources citibike"
SERVE = ("", "./run.sh serve shows all pages on http://127.0.0.1:8080")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.delenv("MOBILITY_DEMO", raising=False)
    monkeypatch.setattr("sys.argv", ["__main__.py", *TYPED.split()[1:]])
    return tmp_path


def page(data: Path, name: str) -> str:
    path = data / "reports" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return str(path)


def entry(task: str, *months: str, outcome: str = runs.DONE, error: str = "", source: str = "") -> runs.TaskRun:
    """A task that took a second, a minute ago."""
    started = NOW - timedelta(seconds=61)
    return runs.TaskRun("run", task, f"{task}{source}{months}", source, months, started, 1, 0, 0, 0, outcome, error)


def rows(*entries: runs.TaskRun, found: Found | None = None, reason: str = "") -> list[tuple[str, str]]:
    return summary.rows(entries, found or Found(), reason, NOW - timedelta(seconds=125), NOW)


def test_a_month_that_was_built_has_its_page(data: Path) -> None:
    path = page(data, "2024-01.html")
    found = rows(entry("Load", "2024-01", source="citibike"), entry("RunMonth", "2024-01"))
    assert found == [("built", "2024-01 (2 steps in 2 min 5 s)"), ("page", path), SERVE]


def test_of_several_months_the_index_is_the_page(data: Path) -> None:
    path = page(data, "index.html")
    found = rows(entry("RunMonth", "2024-02"), found=Found({JANUARY, FEBRUARY, date(2023, 12, 1)}))
    assert found == [
        ("built", "2024-02 (1 step in 2 min 5 s)"),
        ("complete", "2023-12, 2024-01"),
        ("page", path),
        SERVE,
    ]


def test_a_run_with_nothing_to_do_says_so() -> None:
    assert rows(found=Found({JANUARY, FEBRUARY, MARCH})) == [("complete", "2024-01 to 2024-03, nothing to do")]
    assert rows(reason="there were no failed tasks or missing dependencies") == [("complete", "nothing to do")]


def test_a_run_of_tasks_that_complete_no_month_counts_its_steps() -> None:
    assert rows(entry("Load", "2024-01", source="citibike")) == [("done", "1 step in 2 min 5 s")]


def test_reasons_of_rejected_and_failed_tasks_are_rows_and_the_same_reason_is_one(data: Path) -> None:
    full = "the disk is full; free some space"
    checks = page(data, "quality/index.html")
    found = rows(
        entry("Validate", "2024-02", outcome=runs.REJECTED, error="2024-02 is rejected: fares FAILED"),
        entry("Load", "2024-01", source="citibike", outcome=runs.FAILED, error=full),
        entry("Load", "2024-01", source="green_taxi", outcome=runs.FAILED, error=full),
        entry("Convert", "2024-03", source="citibike", outcome=runs.FAILED, error="2024-03 citibike: no zip"),
    )
    assert found == [
        ("rejected", "2024-02: fares FAILED"),
        ("", "./run.sh accept 2024-02 --reason '…' publishes 2024-02 by override"),
        ("failed", "2024-01 citibike, 2024-01 green_taxi: the disk is full; free some space"),
        ("", "2024-03 citibike: no zip"),
        ("", f"{TYPED} tries again"),
        ("checks", checks),
    ]


def test_a_task_that_failed_and_then_succeeded_has_not_failed() -> None:
    failed = entry("Load", "2024-01", source="citibike", outcome=runs.FAILED, error="busy")
    assert rows(failed, entry("Load", "2024-01", source="citibike")) == [("done", "1 step in 2 min 5 s")]


def test_what_is_not_published_is_late_or_expected_and_the_row_says_what_asks_again() -> None:
    found = Found(unpublished={"green_taxi": {JANUARY, date(2024, 10, 1), date(2024, 11, 1)}})
    assert rows(found=found) == [
        ("late", "green_taxi 2024-01 is not published yet, usually published by 2024-04-18"),
        ("waiting", "green_taxi 2024-10, 2024-11 are not published yet, expected by 2025-01-17"),
        ("", f"{TYPED} asks again"),
    ]


def test_a_run_whose_scheduler_ran_nothing_gives_luigis_reason() -> None:
    reason = "there were tasks that were not granted run permission by the scheduler"
    assert rows(reason=reason) == [("not run", reason), ("", f"{TYPED} tries again")]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["/a/pipeline/__main__.py", "month", "2024-01", "--demo"], "./run.sh month 2024-01 --demo"),
        (
            ["/a/.venv/bin/luigi", "--module", "pipeline", "Load", "--x", "a b"],
            "luigi --module pipeline Load --x 'a b'",
        ),
    ],
)
def test_a_command_is_named_as_it_was_typed(argv: list[str], expected: str) -> None:
    assert summary.command_line(argv) == expected


def test_a_run_on_the_demos_data_names_the_command_for_the_demos_pages(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_DEMO", "1")
    page(data, "2024-01.html")
    assert rows(entry("RunMonth", "2024-01"))[-1] == (
        "",
        "./run.sh --demo serve shows all pages on http://127.0.0.1:8080",
    )


def test_text_aligns_the_labels_and_json_has_lists() -> None:
    found = [("built", "2024-01"), ("failed", "a"), ("", "b")]
    assert summary.text(found) == "built     2024-01\nfailed    a\n          b"
    wrapped = summary.text([("failed", "a reason of several words")], 24)
    assert wrapped == "failed    a reason of\n          several words"
    assert summary.facts(found) == {"built": ["2024-01"], "failed": ["a", "b"]}
