"""Log lines on standard error, as text and JSON, and in the log file."""

import errno
import json
import logging
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from luigi.rpc import RPCError

from pipeline.errors import BadFile, BadInput
from pipeline.history import log
from pipeline.lock import lock
from pipeline.tasks.source import Load

TASK = "Load(source=citibike, month=2024-01)"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    monkeypatch.delenv("MOBILITY_LOG_FORMAT", raising=False)
    yield tmp_path


def record(error: Exception | None = None, level: int = 40, name: str = "luigi-interface") -> logging.LogRecord:
    """The record that Luigi logs for a failed task."""
    try:
        if error:
            raise error  # noqa: TRY301
        info = None
    except Exception:
        info = sys.exc_info()
    return logging.LogRecord(name, level, "", 0, "[pid %s] Worker %s failed    %s", (1, "w", TASK), info)


def test_a_mobility_error_is_one_line_and_any_other_has_its_stack_trace() -> None:
    lines = log.ConsoleFormatter("%(level)s%(message)s")
    assert lines.format(record(BadFile("no zip"))) == f"ERROR   {TASK}: no zip"
    unexpected = lines.format(record(ValueError("x"))).splitlines()
    assert unexpected[0] == f"ERROR   {TASK} failed by an unexpected error; please report it"
    assert (unexpected[1], unexpected[-1]) == ("Traceback (most recent call last):", "ValueError: x")


def test_a_task_of_ours_is_named_by_its_month_and_source_unless_the_error_names_them() -> None:
    task = Load(source="citibike", month=date(2024, 1, 1))
    one = record(BadFile("no zip"))
    one.args = (1, "w", task)
    assert log.ConsoleFormatter("%(message)s").format(one) == "2024-01 citibike: no zip"
    one = record(BadFile("citibike: 2024-01.zip is no zip"))
    one.args = (1, "w", task)
    assert log.ConsoleFormatter("%(message)s").format(one) == "citibike: 2024-01.zip is no zip"


def test_the_query_of_a_long_address_is_left_out_on_standard_error_and_stays_in_the_log_file() -> None:
    url = f"https://host/v1/archive?latitude=40.7&hourly={','.join(['rain'] * 20)}"
    one = logging.LogRecord("pipeline.x", 30, "", 0, "%s: status 503; attempt 2 of 6", (url,), None)
    assert log.ConsoleFormatter("%(message)s").format(one) == "https://host/v1/archive?…: status 503; attempt 2 of 6"
    assert url in json.loads(log.FileFormatter().format(one))["message"]
    short = logging.LogRecord("pipeline.x", 30, "", 0, "https://host/a?month=2024-01 is refused", (), None)
    assert log.ConsoleFormatter("%(message)s").format(short) == "https://host/a?month=*** is refused"


def test_a_summary_has_neither_time_nor_level_and_is_a_field_of_json(monkeypatch: pytest.MonkeyPatch) -> None:
    one = logging.LogRecord("pipeline.x", 20, "", 0, "\nbuilt     2024-01\npage      /a", (), None)
    facts = {"built": ["2024-01"], "page": ["/a"]}
    one.__dict__["summary"] = facts
    assert log.ConsoleFormatter("%(asctime)s %(level)s%(message)s").format(one) == "\nbuilt     2024-01\npage      /a"
    monkeypatch.setenv("MOBILITY_LOG_FORMAT", "json")
    shown = json.loads(log.ConsoleFormatter().format(one))
    assert shown["summary"] == facts and shown["message"] == "built     2024-01\npage      /a"


def test_an_error_of_the_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    line = log.ConsoleFormatter("%(message)s").format(record(OSError(errno.ENOSPC, "No space left", f"{tmp_path}/a")))
    assert line.startswith(f"{TASK}: {tmp_path}/a: cannot be written (No space left); the disk of {tmp_path} is full (")


def test_a_luigid_that_does_not_respond_is_one_line_before_each_attempt_and_at_the_end() -> None:
    info = (ConnectionError, ConnectionError("refused"), None)
    again = logging.LogRecord("luigi-interface", 30, "", 0, "Failed connecting to remote scheduler %r", ("u",), info)
    lost = (RPCError, RPCError("3 attempts"), None)  # type: ignore[no-untyped-call]
    end = logging.LogRecord("luigi-interface", 40, "", 0, "Uncaught exception in luigi", (), lost)
    lines = log.ConsoleFormatter("%(message)s")
    hint = "./run.sh ui starts it, --local-scheduler does without it"
    assert lines.format(again) == f"luigid does not respond (Failed connecting to remote scheduler 'u'); {hint}"
    assert lines.format(end) == f"luigid does not respond (Uncaught exception in luigi); {hint}"


def test_text_of_a_publisher_cannot_pass_for_another_line_and_shows_no_secret() -> None:
    text = "a\x1b[2J\n12:00:00 ERROR b https://host/?token=secret"
    one = logging.LogRecord("pipeline.x", 40, "", 0, "ignored %s", (text,), None)
    expected = r"ignored a\x1b[2J 12:00:00 ERROR b https://host/?token=***"
    assert log.ConsoleFormatter("%(message)s").format(one) == expected
    assert json.loads(log.FileFormatter().format(one))["message"] == expected


def test_a_task_that_luigi_schedules_again_is_a_warning() -> None:
    error = RuntimeError("Unfulfilled dependency at run time: Publish_2024_01")
    line = log.ConsoleFormatter("%(level)s%(message)s").format(record(error))
    assert line == f"{TASK}: what it depends on has changed, it is done again"


def test_a_task_that_cannot_be_scheduled_is_an_error() -> None:
    text = f"Will not run {TASK} or any dependencies due to error in complete() method:"
    stack = "Traceback (most recent call last):\n  ...\npipeline.errors.Refused: no file"
    one = logging.LogRecord("luigi-interface", 30, "", 0, f"{text}\n{stack}", (), None)
    line = log.ConsoleFormatter("%(level)s%(message)s").format(one)
    assert line == "ERROR   2024-01 citibike: no file"


def test_lines_can_be_json_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_LOG_FORMAT", "json")
    line = json.loads(log.ConsoleFormatter("%(level)s%(message)s").format(record(BadFile('"no" zip'))))
    assert line.pop("at").endswith("+00:00")
    assert line == {"level": "ERROR", "run": "the-run", "logger": "luigi-interface", "message": f'{TASK}: "no" zip'}


def test_an_unknown_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    log.check_format()
    monkeypatch.setenv("MOBILITY_LOG_FORMAT", "xml")
    with pytest.raises(BadInput, match="must be one of text, json"):
        log.check_format()


def file_handler() -> log.FileHandler:
    handler = log.FileHandler()
    handler.setFormatter(log.FileFormatter())
    return handler


def test_the_file_has_finished_tasks_and_errors_only() -> None:
    handler = file_handler()
    for one in (
        logging.LogRecord("pipeline.tasks.receipts", logging.INFO, "", 0, "parquet converted", (), None),
        logging.LogRecord("luigi-interface", logging.DEBUG, "", 0, "a summary", (), None),
        record(BadFile("no zip")),
    ):
        handler.handle(one)
    stored = [json.loads(line)["message"] for line in log.log_file().read_text().splitlines()]
    assert stored == ["parquet converted", f"{TASK}: no zip"], "Luigi's summary is not stored"


def test_a_log_file_that_cannot_be_written_does_not_stop_the_run(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "logs").write_text("in the way")
    file_handler().handle(record(BadFile("no zip")))
    assert capsys.readouterr().err == "", "the line is on the console, where nothing else belongs"


def test_large_files_are_rotated_and_the_oldest_deleted() -> None:
    log.rotate()
    for _ in range(log.MAX_FILES + 3):
        log.log_file().parent.mkdir(exist_ok=True)
        log.log_file().write_bytes(bytes(log.MAX_BYTES + 1))
        log.rotate()
    assert len(list(log.log_file().parent.iterdir())) == log.MAX_FILES
    log.log_file().write_text("small")
    log.rotate()
    assert log.log_file().read_text() == "small"


def test_a_summary_is_stored_only_by_a_run_that_has_locked_the_data_folder(data: Path) -> None:
    one = logging.LogRecord("pipeline.x", 20, "", 0, "complete  2024-01", (), None)
    one.__dict__["summary"] = {"complete": ["2024-01"]}
    file_handler().handle(one)
    assert not log.log_file().exists()
    lock(data)
    file_handler().handle(one)
    assert json.loads(log.log_file().read_text())["summary"] == {"complete": ["2024-01"]}


def test_standard_error_has_no_warnings_of_libraries_but_their_errors() -> None:
    def shown(name: str, level: int) -> bool:
        return bool(log.ConsoleHandler().filter(logging.LogRecord(name, level, "", 0, "text", (), None)))

    assert not shown("metricflow_semantics.toolkit", logging.WARNING)
    assert shown("metricflow_semantics.toolkit", logging.ERROR)
    assert shown("pipeline.ingest.http", logging.INFO) and shown("luigi-interface", logging.WARNING)
