"""Log lines: one per finished task; MobilityError in one line, other errors with a stack trace; a summary at the end.

They are written to standard error as text or JSON (``MOBILITY_LOG_FORMAT=json``), and to ``data/logs`` as JSON.
"""

import json
import logging
import os
import re
import socket
import sys
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

from pipeline.errors import BadInput, MobilityError
from pipeline.history.view import print_above
from pipeline.history.words import about, subject_of
from pipeline.lock import is_held
from pipeline.luigi_internals import (
    LOGGER,
    NOT_SCHEDULED,
    TRACEBACK,
    is_lost_scheduler,
    is_parameter_error,
    is_unfulfilled,
    parameters_in,
)
from pipeline.months import parse_month
from pipeline.paths import append_line, data_folder, disk_error_of, program, shared_as
from pipeline.printable import printable, printable_lines
from pipeline.process import run_id

FORMATS = ("text", "json")
MAX_BYTES, MAX_FILES = 5_000_000, 9
LONG_QUERY = re.compile(r"(https?://[^\s?]+\?)\S{40,}?(?=[:;,)]?(\s|$))")
"""The query of an address that is too long for a line, as those of Open-Meteo are. The log file has all of it."""


def is_plain(error: BaseException | None) -> bool:
    """Whether the message is sufficient: of an error of ours, or of a missing or wrong parameter."""
    return isinstance(error, MobilityError) or is_parameter_error(error)


class ConsoleFormatter(logging.Formatter):
    """Text or JSON for standard error; a MobilityError without its stack trace."""

    def format(self, record: logging.LogRecord) -> str:
        record = without_traceback(record)
        if os.environ.get("MOBILITY_LOG_FORMAT") == "json":
            return as_json(record, TRACEBACK.sub(": ", logging.Formatter().format(record)).strip())
        if hasattr(record, "summary"):
            return printable_lines(LONG_QUERY.sub(r"\1…", record.getMessage()))
        level = f"{record.levelname:7} " if record.levelno > logging.INFO else ""
        record = logging.makeLogRecord(record.__dict__ | {"level": level})
        return printable_lines(LONG_QUERY.sub(r"\1…", TRACEBACK.sub(": ", super().format(record)).rstrip()))


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
    message = record.getMessage()
    changes: dict[str, Any] = {"exc_info": None, "exc_text": None, "args": ()}
    args = record.args if isinstance(record.args, tuple) else ()
    if is_unfulfilled(error):
        text = about(subject_of_task(args[-1:]), "what it depends on has changed, it is done again")
        changes |= {"levelno": logging.INFO, "levelname": "INFO", "msg": text}
    elif is_lost_scheduler(message, error):
        hint = f"{program()} ui starts it, --local-scheduler does without it"
        changes |= {"msg": f"luigid does not respond ({message}); {hint}"}
    elif message.startswith(NOT_SCHEDULED):
        text = about(subject_in(message), reason) if (reason := reason_in(message)) else message
        changes |= {"levelno": logging.ERROR, "levelname": "ERROR", "msg": text}
    elif is_plain(error):
        changes |= {"msg": about(subject_of_task(args[-1:]), str(error))}
    elif error and args and record.name == LOGGER:
        text = about(subject_of_task(args[-1:]), f"{args[-1]} failed by an unexpected error; please report it")
        return logging.makeLogRecord(record.__dict__ | {"msg": text, "args": ()})
    else:
        return record
    return logging.makeLogRecord(record.__dict__ | changes)


def subject_of_task(tasks: tuple[object, ...]) -> str:
    """What a log line calls the task of Luigi's, if there is one."""
    return "".join(getattr(task, "subject", str(task)) for task in tasks)


def subject_in(message: str) -> str:
    """What a log line calls the task that Luigi's message about a task that cannot be scheduled names."""
    parameters = parameters_in(message)
    months = parameters.get("months", parameters.get("month", ""))
    return subject_of(parameters.get("source", ""), map(parse_month, months.split(",") if months else []))


def reason_in(message: str) -> str:
    """The message of an error of ours whose stack trace is in a message; empty where there is none."""
    return message[found.end() :].strip() if (found := TRACEBACK.search(message)) else ""


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
    if summary := getattr(record, "summary", None):
        facts["summary"] = summary
    return json.dumps(facts, ensure_ascii=False)


def check_format() -> None:
    """Raises BadInput for an unknown MOBILITY_LOG_FORMAT."""
    if (name := os.environ.get("MOBILITY_LOG_FORMAT", "text")) not in FORMATS:
        raise BadInput(f"log format {name!r}: must be one of {', '.join(FORMATS)}")


class ConsoleHandler(logging.StreamHandler[TextIO]):
    """Writes to standard error, above the live view where there is one. Luigi's own lines are at debug level."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.setLevel(logging.INFO)
        self.addFilter(is_for_users)

    def emit(self, record: logging.LogRecord) -> None:
        if not print_above(self.format(record)):
            super().emit(record)


def is_for_users(record: logging.LogRecord) -> bool:
    """Whether the record is ours or Luigi's, or an error. A library's warning is about its own code."""
    return record.name.startswith(("pipeline", "luigi")) or record.levelno >= logging.ERROR


class FileHandler(logging.Handler):
    """Appends to the log in ``data/logs``, which the first line creates."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        # A run that finds everything complete writes nothing.
        self.addFilter(lambda record: not hasattr(record, "summary") or is_held(data_folder()))
        self.addFilter(lambda record: record.name.startswith("pipeline") or record.levelno >= logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, BadInput):  # a full disk or a wrong folder is reported elsewhere
            append_line(log_file(), self.format(record))


def log_file() -> Path:
    """The path of the log; of a data folder that several machines share, each has its own."""
    return data_folder() / "logs" / (f"pipeline-{socket.gethostname()}.jsonl" if shared_as() else "pipeline.jsonl")


def rotate() -> None:
    """Starts a new file where the current one is large. Only the process that has locked the data folder calls it."""
    path = log_file()
    if path.exists() and path.stat().st_size > MAX_BYTES:
        handler = RotatingFileHandler(path, backupCount=MAX_FILES, delay=True)
        handler.doRollover()
        handler.close()
