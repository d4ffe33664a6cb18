"""The history of runs, written by several processes and read back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from pipeline.history.runs import DONE, FAILED, TaskRun, append, failure_rate, read, steps, usual_seconds

ENTRY = TaskRun(
    "r", "Load", "Load_1", "citibike", ("2024-01",), datetime(2026, 10, 31, 23, 59, 30, tzinfo=UTC), 60.0, 5, 7, 9, DONE
)


def test_an_entry_is_read_as_written_from_the_file_of_the_month_it_ended_in(tmp_path: Path) -> None:
    failed = replace(ENTRY, outcome=FAILED, error="x, said\nthe other", months=(), started=ENTRY.started + timedelta(1))
    for entry in (failed, ENTRY):
        append(tmp_path, entry)
    assert read(tmp_path) == [ENTRY, failed]
    assert [path.name for path in tmp_path.iterdir()] == ["2026-11.jsonl"]


def test_entries_can_be_limited_to_those_that_ended_since(tmp_path: Path) -> None:
    append(tmp_path, ENTRY)
    assert read(tmp_path, ENTRY.ended) == [ENTRY]
    assert read(tmp_path, ENTRY.ended + timedelta(seconds=1)) == []
    assert read(tmp_path, ENTRY.ended + timedelta(days=40)) == []


def test_a_line_truncated_by_a_crash_hides_no_other(tmp_path: Path) -> None:
    append(tmp_path, ENTRY)
    with (tmp_path / "2026-11.jsonl").open("a") as file:
        file.write('{"run": "r", "task": "Lo\n')
    append(tmp_path, ENTRY)
    assert read(tmp_path) == [ENTRY, ENTRY]


def add_many(folder: Path) -> None:
    for number in range(200):
        append(folder, replace(ENTRY, rows=number))


def test_lines_of_many_processes_do_not_mix(tmp_path: Path) -> None:
    processes = [get_context("fork").Process(target=add_many, args=(tmp_path,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert sorted(entry.rows for entry in read(tmp_path)) == sorted(list(range(200)) * 4)


def test_the_usual_time_is_the_median_per_month_of_the_last_runs(tmp_path: Path) -> None:
    for seconds in (1000.0, 10.0, 12.0, 300.0):
        append(tmp_path, replace(ENTRY, seconds=seconds, started=ENTRY.started + timedelta(seconds=seconds)))
    append(tmp_path, replace(ENTRY, seconds=28.0, months=("2024-01", "2024-02")))
    append(tmp_path, replace(ENTRY, seconds=9000.0, outcome=FAILED))
    assert usual_seconds(tmp_path, "Load", "citibike", of_last=20, at_least=5) == 14.0
    assert usual_seconds(tmp_path, "Load", "citibike", of_last=20, at_least=6) is None
    assert usual_seconds(tmp_path, "Load", "yellow_taxi", of_last=20, at_least=1) is None


def test_the_failure_rate_is_the_share_of_tasks_not_done() -> None:
    assert failure_rate([]) == 0
    assert failure_rate([ENTRY, ENTRY, replace(ENTRY, outcome=FAILED), ENTRY]) == 0.25


def test_the_steps_of_a_month_are_the_newest_successful_runs(tmp_path: Path) -> None:
    later = replace(ENTRY, started=ENTRY.started + timedelta(hours=1), seconds=2.0)
    both = replace(later, task="Judge", source="", months=("2024-01", "2024-02"))
    failed = replace(later, outcome=FAILED, started=ENTRY.started + timedelta(hours=2))
    for entry in (ENTRY, later, both, failed):
        append(tmp_path, entry)
    january, march = date(2024, 1, 1), date(2024, 3, 1)
    assert steps(tmp_path, [january, march]) == {january: [later, both], march: []}
