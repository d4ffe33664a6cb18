"""Words of log lines, of the live view and of the summary of a run."""

from collections.abc import Iterable
from datetime import date

from pipeline.months import months_text
from pipeline.sources import sources


def subject_of(source: str, months: Iterable[date]) -> str:
    """``2024-01 citibike``; without the month for a source that serves all months, without a source for a month."""
    is_static = source in sources() and sources()[source].static
    return " ".join(filter(None, ("" if is_static else months_text(months), source)))


def about(subject: str, text: str) -> str:
    """The text with the subject before it, unless it names the subject itself."""
    return text if all(word in text for word in subject.split()) else f"{subject}: {text}"


def size_text(size: int) -> str:
    """``155 KB``, ``23.1 MB``, ``1.2 GB``."""
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6)):
        if size >= bytes_:
            return f"{size / bytes_:,.1f} {unit}"
    return f"{size / 1e3:,.0f} KB" if size >= 1e3 else f"{size} bytes"


def duration_text(seconds: float) -> str:
    """``0.3 s``, ``45 s``, ``3 min 20 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes >= 2 else f"{round(seconds)} s"
