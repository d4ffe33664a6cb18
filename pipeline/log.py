"""Log lines: one a thing made; an error of ours in one line, a stack trace only where the code is wrong."""

import logging
import re
import sys
from typing import TextIO

from pipeline.errors import MobilityError

TRACEBACK = re.compile(r":?\s*Traceback \(most recent call last\):.*\n(?:pipeline\.errors\.\w+): ", re.DOTALL)
CHATTER = (
    "Informed scheduler that task",
    "Done scheduling tasks",
    "Running Worker with",
    "logging configured",
    "Worker Worker(",
    "[pid ",
    "Data for Published",
)


class Lines(logging.Formatter):
    """Formats an error of ours by its text alone: it says what is to be done, its stack trace does not."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, MobilityError):
            task = getattr(record, "args", None) or ()
            record = logging.makeLogRecord(
                record.__dict__
                | {
                    "exc_info": None,
                    "exc_text": None,
                    "msg": f"{task[-1]}: {error}" if task else str(error),
                    "args": (),
                }
            )
        return TRACEBACK.sub(": ", super().format(record)).rstrip()


class News(logging.Filter):
    """Leaves out what Luigi says of its own doings, task by task; failures, warnings of weight and the summary stay."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.WARNING or not record.getMessage().startswith(CHATTER)


class Console(logging.StreamHandler[TextIO]):
    """Standard error, with the news only."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.addFilter(News())
