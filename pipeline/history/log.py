"""Log lines: one a thing made; an error of ours in one line, a stack trace only where the code is wrong.

On standard error as text, or as JSON (``MOBILITY_LOG_FORMAT=json``); and in ``data/logs``, each with the run it is of.
"""

import json
import logging
import os
import re
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

from pipeline.errors import BadInput, MobilityError
from pipeline.process import run_id

FORMATS = ("text", "json")
KEPT_BYTES, KEPT_FILES = 5_000_000, 9
TRACEBACK = re.compile(r":?\s*Traceback \(most recent call last\):.*\n(?:pipeline\.errors\.\w+): ", re.DOTALL)
UNFULFILLED = "Unfulfilled depend"
"""How Luigi begins what it raises for a task whose dependency was outdated since it was planned; it plans it again."""
CHATTER = (
    "Informed scheduler that task",
    "Done scheduling tasks",
    "Running Worker with",
    "logging configured",
    "Worker Worker(",
    "[pid ",
    "Data for Published",
)


def is_unfulfilled(error: BaseException | None) -> bool:
    return isinstance(error, RuntimeError) and str(error).startswith(UNFULFILLED)


def is_plain(error: BaseException | None) -> bool:
    """Whether its text says all: an error of ours, or Luigi's of a parameter that is missing or wrong."""
    return isinstance(error, MobilityError) or type(error).__module__ == "luigi.parameter"


class Lines(logging.Formatter):
    """Formats an error of ours by its text alone: it says what is to be done, its stack trace does not."""

    def format(self, record: logging.LogRecord) -> str:
        record = plainly(record)
        if os.environ.get("MOBILITY_LOG_FORMAT") == "json":
            return as_json(record, TRACEBACK.sub(": ", logging.Formatter().format(record)).strip())
        return TRACEBACK.sub(": ", super().format(record)).rstrip()


class KeptLines(logging.Formatter):
    """Formats for whoever looks later: as JSON, with the day."""

    def format(self, record: logging.LogRecord) -> str:
        record = plainly(record)
        return as_json(record, TRACEBACK.sub(": ", super().format(record)).strip())


def plainly(record: logging.LogRecord) -> logging.LogRecord:
    """The record without the stack trace of an error whose text says all."""
    error = record.exc_info[1] if record.exc_info else None
    task = record.args if isinstance(record.args, tuple) else ()
    said: dict[str, Any] = {"exc_info": None, "exc_text": None, "args": ()}
    if is_unfulfilled(error):
        said |= {"levelno": logging.WARNING, "levelname": "WARNING"}
        said |= {"msg": f"{task[-1] if task else 'a task'}: again later, what it is made from changed meanwhile"}
    elif is_plain(error):
        said |= {"msg": f"{task[-1]}: {error}" if task else str(error)}
    else:
        return record
    return logging.makeLogRecord(record.__dict__ | said)


def as_json(record: logging.LogRecord, message: str) -> str:
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    facts = {"at": at, "level": record.levelname, "run": run_id(), "logger": record.name, "message": message}
    return json.dumps(facts, ensure_ascii=False)


def check_format() -> None:
    """Raises BadInput for a format of lines that there is not."""
    if (asked := os.environ.get("MOBILITY_LOG_FORMAT", "text")) not in FORMATS:
        raise BadInput(f"log format {asked!r}: it is one of {', '.join(FORMATS)}")


class News(logging.Filter):
    """Leaves out what Luigi says of its own doings, task by task; failures, warnings of weight and the summary stay."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.WARNING or not record.getMessage().startswith(CHATTER)


class Console(logging.StreamHandler[TextIO]):
    """Standard error, with the news only."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.addFilter(News())


class Kept(logging.Handler):
    """``data/logs/pipeline.jsonl``, with what was made and what went wrong; made by the first line, not before."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.addFilter(News())
        self.addFilter(lambda record: record.name.startswith("pipeline") or record.levelno >= logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        path = kept()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a") as file:  # in one write, so that lines of several processes do not mix
                file.write(self.format(record) + "\n")
        except OSError:  # a full disk has been said already, and is no reason to stop
            self.handleError(record)


def kept() -> Path:
    return Path(os.environ.get("MOBILITY_DATA") or "data").absolute() / "logs" / "pipeline.jsonl"


def rotate() -> None:
    """Begins another file where the last one is large; called by the one process that holds the data folder."""
    path = kept()
    if path.exists() and path.stat().st_size > KEPT_BYTES:
        handler = RotatingFileHandler(path, backupCount=KEPT_FILES, delay=True)
        handler.doRollover()
        handler.close()
