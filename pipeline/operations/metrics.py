"""The verb metrics: MetricFlow on the warehouse, for all months or for one."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from pipeline.database import Warehouse
from pipeline.errors import BadInput
from pipeline.metrics import definitions, saved_queries
from pipeline.months import add_months
from pipeline.operations.demo_data import first_step
from pipeline.paths import program
from pipeline.similar import suggestion
from pipeline.tasks import records
from pipeline.tasks.parameters import past_month
from pipeline.warehouse import dbt

EFFECT = re.compile(r"\w+_effect(_low|_high)?_pct")
MONTH = re.compile(r"metric_time(__month)?|(weather_effect__)?source_month(__month)?")
POOLED = "published/metrics/weather_effects_pooled.csv"


def metrics(warehouse: Warehouse, arguments: Sequence[str]) -> int:
    """Runs MetricFlow's command; ``--month 2024-01`` restricts a query to that month. Returns the exit code.

    Raises BadInput where nothing has been built, for a month that is not in the warehouse, and for a mean of effects.
    """
    remaining, months = list(arguments), records.months_built()
    if "--help" not in remaining and not months:
        raise BadInput(f"no month is in {warehouse.path} yet; {first_step('metrics')}")
    refuse_unknown_names(remaining)
    refuse_mean_of_effects(remaining)
    if "--month" in remaining:
        index = remaining.index("--month")
        month = past_month(remaining[index + 1] if remaining[index + 1 :] else "")
        if month not in months:
            built = ", ".join(map("{:%Y-%m}".format, months))
            raise BadInput(f"month {month:%Y-%m}: not in the warehouse; it has {built}")
        remaining[index : index + 2] = ["--where", f"{{{{ TimeDimension('metric_time', 'month') }}}} = '{month}'"]
    return dbt.run_metricflow(warehouse, with_whole_days(remaining))


def with_whole_days(arguments: Sequence[str]) -> list[str]:
    """The arguments of a query, with conditions in the place of ``--start-time`` and ``--end-time``.

    MetricFlow compares hours with the end, so that of its last day only the first hour would count. Raises BadInput for
    a value that is no day, and for effects where it is not the first or the last day of a month.
    """
    remaining = list(arguments)
    if "query" not in remaining:
        return remaining
    grain = "month" if effects_in(remaining) else "day"
    for option, operator in (("--start-time", ">="), ("--end-time", "<=")):
        for text in values_of(option, remaining):
            day = day_of(option, text)
            first = day.replace(day=1)
            whole = first if option == "--start-time" else add_months(first, 1) - timedelta(days=1)
            if grain == "month" and day != whole:
                raise BadInput(f"{option} {text}: an effect is of a month; expected {whole}")
            index = next(i for i, one in enumerate(remaining) if one == option or one.startswith(f"{option}="))
            condition = f"{{{{ TimeDimension('metric_time', '{grain}') }}}} {operator} '{day}'"
            remaining[index : index + (1 if "=" in remaining[index] else 2)] = ["--where", condition]
    return remaining


def day_of(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{option} {text!r}: not a day; write it as YYYY-MM-DD, for example 2024-01-31") from None


def refuse_unknown_names(arguments: Sequence[str]) -> None:
    """Raises BadInput for a metric or a saved query that is not declared."""
    for name in values_of("--metrics", arguments):
        if name.lower() not in definitions():
            similar = suggestion(name, definitions())
            raise BadInput(f"metric {name!r}: not known; {similar}{program()} metrics list metrics lists all")
    for name in values_of("--saved-query", arguments):
        if name not in saved_queries():
            known = ", ".join(saved_queries())
            raise BadInput(f"saved query {name!r}: not known; {suggestion(name, saved_queries())}there are {known}")


def refuse_mean_of_effects(arguments: Sequence[str]) -> None:
    """Raises BadInput for effects of several modes or months, which MetricFlow would average."""
    effects = effects_in(arguments)
    if not effects or "query" not in arguments:
        return
    groups, where = values_of("--group-by", arguments), " ".join(values_of("--where", arguments))
    is_of_mode = "trip_type" in " ".join(groups) + where
    is_of_month = "--month" in arguments or any(MONTH.fullmatch(group) for group in groups)
    if not (is_of_mode and is_of_month):
        raise BadInput(
            f"{effects[0]} is of one mode and one month, and a mean of several has no meaning: add --group-by "
            f"metric_time__month,weather_effect__trip_type; the effect over all months is in {POOLED}"
        )


def effects_in(arguments: Sequence[str]) -> list[str]:
    """The metrics of the query that are effects of weather, or bounds of their intervals."""
    return [name for name in values_of("--metrics", arguments) if EFFECT.fullmatch(name)]


def values_of(option: str, arguments: Sequence[str]) -> list[str]:
    """The values of an option, as ``--metrics a,b`` or ``--metrics=a,b``."""
    following = [after for before, after in pairwise(arguments) if before == option]
    joined = [one.removeprefix(f"{option}=") for one in arguments if one.startswith(f"{option}=")]
    return [value.strip() for text in following + joined for value in text.split(",")]
