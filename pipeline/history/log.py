"""Log lines: one per finished task; MobilityError in one line, other errors with a stack trace.

They are written to standard error as text or JSON (``MOBILITY_LOG_FORMAT=json``), and to ``data/logs`` as JSON.
"""

import json
import logging
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

from pipeline.errors import BadInput, MobilityError
from pipeline.luigi_internals import (
    NOT_SCHEDULED,
    SCHEDULER_MESSAGES,
    TRACEBACK,
    is_lost_scheduler,
    is_parameter_error,
    is_unfulfilled,
)
from pipeline.paths import append_line, data_folder, disk_error_of
from pipeline.printable import printable, printable_lines
from pipeline.process import run_id

FORMATS = ("text", "json")
MAX_BYTES, MAX_FILES = 5_000_000, 9


def is_plain(error: BaseException | None) -> bool:
    """Whether the message is sufficient: of an error of ours, or of a missing or wrong parameter."""
    return isinstance(error, MobilityError) or is_parameter_error(error)


class ConsoleFormatter(logging.Formatter):
    """Text or JSON for standard error; a MobilityError without its stack trace."""

    def format(self, record: logging.LogRecord) -> str:
        record = without_traceback(record)
        if os.environ.get("MOBILITY_LOG_FORMAT") == "json":
            return as_json(record, TRACEBACK.sub(": ", logging.Formatter().format(record)).strip())
        return printable_lines(TRACEBACK.sub(": ", super().format(record)).rstrip())


class FileFormatter(logging.Formatter):
    """JSON for the log file."""

    def format(self, record: logging.LogRecord) -> str:
        record = without_traceback(record)
        return as_json(record, TRACEBACK.sub(": ", super().format(record)).strip())


def without_traceback(record: logging.LogRecord) -> logging.LogRecord:
    """The record with printable arguments, without the stack trace of an error whose message is sufficient.

    A task that cannot be scheduled, which Luigi only warns of, is an error, as the exit code says.
    """
    record = with_printable_arguments(record)
    error = record.exc_info[1] if record.exc_info else None
    error = disk_error_of(error) or error
    task = record.args if isinstance(record.args, tuple) else ()
    changes: dict[str, Any] = {"exc_info": None, "exc_text": None, "args": ()}
    if is_unfulfilled(error):
        changes |= {"levelno": logging.WARNING, "levelname": "WARNING"}
        changes |= {"msg": f"{task[-1] if task else 'a task'}: scheduled again, because what it depends on has changed"}
    elif is_lost_scheduler(record.getMessage(), error):
        changes |= {"msg": f"luigid does not respond ({record.getMessage()})"}
    elif record.getMessage().startswith(NOT_SCHEDULED):
        changes |= {"levelno": logging.ERROR, "levelname": "ERROR", "msg": record.getMessage()}
    elif is_plain(error):
        changes |= {"msg": f"{task[-1]}: {error}" if task else str(error)}
    else:
        return record
    return logging.makeLogRecord(record.__dict__ | changes)


def with_printable_arguments(record: logging.LogRecord) -> logging.LogRecord:
    """Arguments may be text of a publisher: each is one line, so that it cannot pass for other lines of the log.

    Those of Luigi are its own: tasks and stack traces.
    """
    if not isinstance(record.args, tuple) or record.name.startswith("luigi"):
        return record
    args = tuple(arg if isinstance(arg, int | float) else printable(str(arg)) for arg in record.args)
    return logging.makeLogRecord(record.__dict__ | {"args": args})


def as_json(record: logging.LogRecord, message: str) -> str:
    message = printable_lines(message)
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    facts = {"at": at, "level": record.levelname, "run": run_id(), "logger": record.name, "message": message}
    return json.dumps(facts, ensure_ascii=False)


def check_format() -> None:
    """Raises BadInput for an unknown MOBILITY_LOG_FORMAT."""
    if (name := os.environ.get("MOBILITY_LOG_FORMAT", "text")) not in FORMATS:
        raise BadInput(f"log format {name!r}: must be one of {', '.join(FORMATS)}")


class WithoutScheduling(logging.Filter):
    """Drops Luigi's messages about scheduling, but not failures, warnings and the summary."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.WARNING or not record.getMessage().startswith(SCHEDULER_MESSAGES)


class ConsoleHandler(logging.StreamHandler[TextIO]):
    """Writes to standard error."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.addFilter(WithoutScheduling())


class FileHandler(logging.Handler):
    """Appends to ``data/logs/pipeline.jsonl``, which the first line creates."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.addFilter(WithoutScheduling())
        self.addFilter(lambda record: record.name.startswith("pipeline") or record.levelno >= logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, BadInput):  # a full disk or a wrong folder is reported elsewhere
            append_line(log_file(), self.format(record))


def log_file() -> Path:
    """The path of the log."""
    return data_folder() / "logs" / "pipeline.jsonl"


def rotate() -> None:
    """Starts a new file where the current one is large. Only the process that has locked the data folder calls it."""
    path = log_file()
    if path.exists() and path.stat().st_size > MAX_BYTES:
        handler = RotatingFileHandler(path, backupCount=MAX_FILES, delay=True)
        handler.doRollover()
        handler.close()
