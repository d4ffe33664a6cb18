"""Saved queries in two parts: metrics that count trips, of the hours' counts, and the others, of the trips themselves.

Most of the fifty metrics count the trips of some hours: in the rain, at weekends, by a mode. MetricFlow reads the trips
once for each filter, thirty times the 5.6 million of a month; of hours and kinds there are some 2,000. What comes of it
is the same: the tests compare it with what ``mf query`` gives.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.metrics.declared import measures, metrics

COUNTS = {"trips", "days"}
"""Measures that need to know of a trip no more than when it began, and of which kind it is."""
KEYS = {"metric_time__month", "trip__trip_type"}
"""What the counts can be grouped by."""
KNOWN = re.compile(r"(date|time|weather)__\w+|trip__trip_type")
"""What they can be filtered by: dimensions of an hour, and the kind of trip."""
HOURS = """
    select
        date_trunc('month', pickup_datetime) as pickup_datetime, date_key, time_key, weather_key,
        trip_type, is_adjustment,
        count(*) filter (not is_adjustment) as trips
    from {trips} group by all
"""
"""One row a local hour, kind of trip and whether it is an adjustment, by the names that fct_trips has."""

Request = Mapping[str, Sequence[str]]
"""A query in the words of ``MetricFlowQueryRequest.create``."""


def requests(query: Mapping[str, Any]) -> list[Request]:
    """What to ask MetricFlow for to get a saved query: all at once, or what counts trips and then the others."""
    asked = query["query_params"]
    keys = keys_of(asked["group_by"])
    counting = [name for name in asked["metrics"] if is_of_hours(name)]
    others = [name for name in asked["metrics"] if name not in counting]
    parts = [counting, others] if counting and others and set(keys) <= KEYS else [asked["metrics"]]
    return [{"metric_names": part, "group_by_names": keys} for part in parts]


def joined(query: Mapping[str, Any], parts: Sequence[str]) -> str:
    """The SQL of the whole saved query, of that of its parts, with columns as declared.

    Every group of one part is a group of the other: both have metrics of all trips.
    """
    keys = keys_of(query["query_params"]["group_by"])
    columns, by = ", ".join([*keys, *query["query_params"]["metrics"]]), ", ".join(keys)
    if len(parts) == 1:
        return f"select {columns} from (\n{parts[0]}\n) as found"
    counting, others = of_hours(parts[0]), parts[1]
    return f"select {columns} from (\n{counting}\n) as counting left join (\n{others}\n) as others using ({by})"


def of_hours(sql: str) -> str:
    """The same of ``trips_of_hours``, which has counted what the measure would count."""
    counted = next(one["expr"] for one in measures() if one["name"] == "trips")
    if counted not in sql or '"fct_trips"' not in sql:
        raise AssertionError(f"MetricFlow writes the measure «trips» otherwise than declared: {sql}")
    return sql.replace(counted, "trips").replace('"fct_trips"', '"trips_of_hours"')


def keys_of(group_by: Sequence[str]) -> list[str]:
    """``TimeDimension('metric_time', 'month')`` as the column is called: ``metric_time__month``."""
    return ["__".join(re.findall(r"'(\w+)'", one)) for one in group_by]


def is_of_hours(name: str) -> bool:
    """Whether a metric counts trips, and by nothing but their hours and kinds."""
    parts = list(parts_of(name))
    dimensions = {found for part in parts for found in re.findall(r"Dimension\('(\w+)'", json.dumps(part))}
    measured = {measure for part in parts if (measure := measure_of(part))}
    return measured <= COUNTS and all(map(KNOWN.fullmatch, dimensions))


def parts_of(name: str) -> Iterator[Mapping[str, Any]]:
    """The metric and all that it is made of, as they are written down."""
    metric = metrics()[name]
    yield metric
    facts = metric["type_params"]
    for one in [*facts.get("metrics", []), *filter(None, (facts.get("numerator"), facts.get("denominator")))]:
        yield from parts_of(one["name"] if isinstance(one, dict) else one)


def measure_of(metric: Mapping[str, Any]) -> str | None:
    measure: dict[str, str] | str | None = metric["type_params"].get("measure")
    return measure["name"] if isinstance(measure, dict) else measure
