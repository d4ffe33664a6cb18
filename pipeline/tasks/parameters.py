"""What a run is asked for and how this machine runs it: checked parameters, and sections of luigi.cfg."""

import sys
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import luigi
import luigi.tools.range
from luigi.interface import PidLockAlreadyTakenExit

from pipeline.database import Settings, cores, settings
from pipeline.errors import AlreadyRunning, BadInput, NoSpace
from pipeline.months import parse_month
from pipeline.paths import data_folder
from pipeline.sources import chosen, default_names
from pipeline.tasks.base import Task

if TYPE_CHECKING:
    from pipeline.ingest.http import Patience

T = TypeVar("T")
USAGE = 2
"""Exit code for a command line that makes no sense, as argparse has it."""


def or_exit(check: Callable[..., T], *given: Any) -> T:
    """What the check gives; where it refuses, one line on standard error and the end of the process."""
    try:
        return check(*given)
    except AlreadyRunning as error:
        print(f"error: {error}", file=sys.stderr)
        raise PidLockAlreadyTakenExit from error  # for which luigi.cfg has an exit code
    except (BadInput, NoSpace) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(USAGE)


def past_month(text: str) -> date:
    """A month that has begun.

    Raises BadInput for one that lies ahead, or is none.
    """
    month, today = parse_month(text), date.today()
    if month > today:
        raise BadInput(f"month {text}: lies ahead; this month is {today:%Y-%m}")
    return month


def check_range(start: date | None, stop: date | None) -> None:
    """Raises BadInput for a range that ends before it starts; either bound may be left to Luigi."""
    if start and stop and start >= stop:
        raise BadInput(f"range {start:%Y-%m} to {stop:%Y-%m}: ends before it starts; stop is not in the range")


class Month(luigi.MonthParameter):
    """``2024-01``, as the first day of that month."""

    def parse(self, text: str) -> date:
        return or_exit(past_month, text)


class Stop(luigi.MonthParameter):
    """``2025-01``, which may lie ahead: the end of a range, not in it."""

    def parse(self, text: str) -> date:
        return or_exit(parse_month, text)


class Months(luigi.Parameter[tuple[date, ...]]):
    """``2024-01,2024-03``: one month as a rule, several where Luigi has put tasks that are ready into one batch."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            batch_method=lambda several: tuple(sorted({month for months in several for month in months})), **options
        )

    def parse(self, text: str) -> tuple[date, ...]:
        return tuple(or_exit(past_month, month) for month in text.split(","))

    def serialize(self, months: Iterable[date]) -> str:
        return ",".join(f"{month:%Y-%m}" for month in months)


class Sources(luigi.Parameter[tuple[str, ...]]):
    """``yellow_taxi,citibike``; by default ``MOBILITY_SOURCES``, else the sources that are enabled."""

    def __init__(self) -> None:
        super().__init__(default=(), description="which sources to fetch and wait for, comma separated")

    def parse(self, text: str) -> tuple[str, ...]:
        return or_exit(chosen, text.split(","))

    def normalize(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names) or or_exit(default_names)

    def serialize(self, names: Iterable[str]) -> str:
        return ",".join(names)


class SourceName(luigi.Parameter[str]):
    """``yellow_taxi``: one declared source."""

    def parse(self, text: str) -> str:
        (name,) = or_exit(chosen, [text])
        return name


class RangeMonthly(Task, luigi.tools.range.RangeMonthly):
    """Luigi's own, for months of any age (luigi.cfg, ``[RangeMonthly]``) and with bad bounds refused in one line."""

    start = Month(default=None)  # type: ignore[arg-type]  # as Luigi's own
    stop = Stop(default=None)  # type: ignore[arg-type]
    param_name = luigi.OptionalParameter(default=None, positional=False)  # type: ignore[assignment]  # its own default warns

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        or_exit(check_range, self.start, self.stop)


class mobility(luigi.Config):
    """How much of the machine a run may use, and needs; 0 for what fits it."""

    threads = luigi.IntParameter(default=0)
    memory_gb = luigi.FloatParameter(default=0)
    convert_memory_gb = luigi.FloatParameter(default=0)
    least_free_gb = luigi.FloatParameter(default=1)
    maintenance = luigi.Parameter(default="03:00-04:00")


class patience(luigi.Config):
    """How long downloads go on asking."""

    tries = luigi.IntParameter(default=6)
    first_wait_s = luigi.FloatParameter(default=1)
    longest_wait_s = luigi.FloatParameter(default=120)
    silence_s = luigi.FloatParameter(default=60)


def waiting() -> "Patience":
    from pipeline.ingest.http import Patience

    return Patience(**patience().param_kwargs)


def duck() -> Settings:
    """DuckDB's settings for whatever works on the warehouse."""
    return settings(mobility().threads, mobility().memory_gb, data_folder() / "warehouse" / "spill", share="50%")


def duck_to_convert(parquet: Path) -> Settings:
    """DuckDB's settings for a conversion, of which two run at once; it may spill beside what it writes."""
    return settings(mobility().threads, mobility().convert_memory_gb, parquet.with_suffix(".spill"), share="15%")


def follow_the_machine() -> None:
    """Has Luigi run as many tasks at once as there are cores, from two to eight, where luigi.cfg does not say.

    More than the resources of luigi.cfg let run at once would only wait.
    """
    config = luigi.configuration.get_config()
    if not config.has_option("core", "workers"):
        config.set("core", "workers", str(min(max(cores(), 2), 8)))
