"""The verb metrics: MetricFlow on the warehouse, for all months or for one."""

import re
from collections.abc import Sequence
from itertools import pairwise

from pipeline.database import Warehouse
from pipeline.errors import BadInput
from pipeline.metrics import definitions, saved_queries
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
    return dbt.run_metricflow(warehouse, remaining)


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
    effects = [name for name in values_of("--metrics", arguments) if EFFECT.fullmatch(name)]
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


def values_of(option: str, arguments: Sequence[str]) -> list[str]:
    """The values of an option, as ``--metrics a,b`` or ``--metrics=a,b``."""
    following = [after for before, after in pairwise(arguments) if before == option]
    joined = [one.removeprefix(f"{option}=") for one in arguments if one.startswith(f"{option}=")]
    return [value.strip() for text in following + joined for value in text.split(",")]
