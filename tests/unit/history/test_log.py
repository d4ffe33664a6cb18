"""Log lines on standard error, as text and JSON, and in the log file."""

import errno
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from luigi.rpc import RPCError

from pipeline.errors import BadFile, BadInput
from pipeline.history import log

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
    lines = log.ConsoleFormatter("%(levelname)s %(message)s")
    assert lines.format(record(BadFile("no zip"))) == f"ERROR {TASK}: no zip"
    assert "Traceback" in lines.format(record(ValueError("x")))


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
    assert lines.format(again) == "luigid does not respond (Failed connecting to remote scheduler 'u')"
    assert lines.format(end) == "luigid does not respond (Uncaught exception in luigi)"


def test_text_of_a_publisher_cannot_pass_for_another_line_and_shows_no_secret() -> None:
    text = "a\x1b[2J\n12:00:00 ERROR b https://host/?token=secret"
    one = logging.LogRecord("pipeline.x", 40, "", 0, "ignored %s", (text,), None)
    expected = r"ignored a\x1b[2J 12:00:00 ERROR b https://host/?token=***"
    assert log.ConsoleFormatter("%(message)s").format(one) == expected
    assert json.loads(log.FileFormatter().format(one))["message"] == expected


def test_a_task_that_luigi_schedules_again_is_a_warning() -> None:
    error = RuntimeError("Unfulfilled dependency at run time: Publish_2024_01")
    line = log.ConsoleFormatter("%(levelname)s %(message)s").format(record(error))
    assert line == f"WARNING {TASK}: scheduled again, because what it depends on has changed"


def test_a_task_that_cannot_be_scheduled_is_an_error() -> None:
    text = "Will not run %s or any dependencies due to error in complete() method:\n%s"
    stack = "Traceback (most recent call last):\n  ...\npipeline.errors.Refused: no file"
    one = logging.LogRecord("luigi-interface", 30, "", 0, text, (TASK, stack), None)
    line = log.ConsoleFormatter("%(levelname)s %(message)s").format(one)
    assert line == f"ERROR Will not run {TASK} or any dependencies due to error in complete() method: no file"


def test_lines_can_be_json_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_LOG_FORMAT", "json")
    line = json.loads(log.ConsoleFormatter("%(levelname)s %(message)s").format(record(BadFile('"no" zip'))))
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
        logging.LogRecord("luigi-interface", logging.INFO, "", 0, "a summary", (), None),
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
