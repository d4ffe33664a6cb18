"""Luigi parameters of this project: months, sources and ranges, checked when they are parsed."""

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import luigi
import luigi.tools.range

from pipeline.errors import BadInput
from pipeline.history import summary
from pipeline.months import add_months, month_range, parse_month
from pipeline.sources import chosen, default_names
from pipeline.tasks.base import Task
from pipeline.tasks.scheduler import exit_on_error

log = logging.getLogger(__name__)


def past_month(text: str) -> date:
    """A month that has begun.

    Raises BadInput for a month in the future, and for what is not a month.
    """
    month, today = parse_month(text), date.today()
    if month > today:
        raise BadInput(f"month {text}: is in the future; this month is {today:%Y-%m}")
    return month


def check_range(start: date | None, stop: date | None) -> None:
    """Raises BadInput for a range that ends before it starts; either bound may be left to Luigi."""
    if start and stop and start >= stop:
        raise BadInput(f"range {start:%Y-%m} to {stop:%Y-%m}: ends before it starts; stop is exclusive")


class Month(luigi.MonthParameter):
    """``2024-01``, as the first day of that month."""

    def parse(self, text: str) -> date:
        return exit_on_error(past_month, text)


class Stop(luigi.MonthParameter):
    """``2025-01``, possibly in the future: the exclusive end of a range."""

    def parse(self, text: str) -> date:
        return exit_on_error(parse_month, text)


class Months(luigi.Parameter[tuple[date, ...]]):
    """``2024-01,2024-03``: usually one month, several where Luigi has put tasks that are ready into one batch."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            batch_method=lambda batch: tuple(sorted({month for months in batch for month in months})), **options
        )

    def parse(self, text: str) -> tuple[date, ...]:
        return tuple(exit_on_error(past_month, month) for month in text.split(","))

    def serialize(self, months: Iterable[date]) -> str:
        return ",".join(f"{month:%Y-%m}" for month in months)


class Sources(luigi.Parameter[tuple[str, ...]]):
    """``yellow_taxi,citibike``; by default ``MOBILITY_SOURCES``, else the sources that are enabled."""

    def __init__(self) -> None:
        super().__init__(default=(), description="which sources to fetch and wait for, comma separated")

    def parse(self, text: str) -> tuple[str, ...]:
        return exit_on_error(chosen, text.split(","))

    def normalize(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names) or exit_on_error(default_names)

    def serialize(self, names: Iterable[str]) -> str:
        return ",".join(names)


class SourceName(luigi.Parameter[str]):
    """``yellow_taxi``: one declared source."""

    def parse(self, text: str) -> str:
        (name,) = exit_on_error(chosen, [text])
        return name


class RangeMonthly(Task, luigi.tools.range.RangeMonthly):
    """Luigi's own, for months of any age (luigi.cfg, ``[RangeMonthly]``), with bad bounds refused in one line."""

    start = Month(default=None)  # type: ignore[arg-type]  # as Luigi's own
    stop = Stop(default=None)  # type: ignore[arg-type]
    param_name = luigi.OptionalParameter(default=None, positional=False)  # type: ignore[assignment]  # its own default warns

    has_warned = False
    """Whether the months that are left out were named."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        exit_on_error(check_range, self.start, self.stop)

    def requires(self) -> Any:
        """The months of the range that are not complete. Warns of those that have not ended by the clock, once."""
        if self.stop and not self.has_warned:
            self.has_warned = True
            today = datetime.fromtimestamp(time.time() if self.now is None else self.now, UTC).date()
            if left_out := month_range(max(self.start or today, today), add_months(self.stop, -1)):
                log.warning(
                    "months from %s to %s are left out: they have not ended by this machine's clock, which says %s",
                    f"{left_out[0]:%Y-%m}",
                    f"{left_out[-1]:%Y-%m}",
                    today,
                )
        return super().requires()

    def missing_datetimes(self, finite_datetimes: Sequence[datetime]) -> list[datetime]:
        """Those that are not complete; the others are noted for the summary of the run."""
        missing = super().missing_datetimes(finite_datetimes)
        if self.of_cls.task_family in {"RunMonth", "Upload"}:
            summary.found.complete.update(month.date() for month in finite_datetimes if month not in missing)
        return missing


class MonthsTask(Task):
    """One step of a month, or of all months that are ready for it together."""

    months = Months()
    sources = Sources()
    resources = {"warehouse": 1}
    max_batch_size = 24


class MonthTask(Task):
    """One step of one month."""

    month = Month()
    sources = Sources()
    resources = {"warehouse": 1}
