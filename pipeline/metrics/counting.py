"""Saved queries in two parts: metrics that count trips, of the hours' counts, and the others, of the trips themselves.

Most of the fifty metrics count the trips of some hours: in the rain, at weekends, by a mode. MetricFlow reads the trips
once for each, 31 times the 5.6 million of a month; there are some 2,000 hours and kinds of trips (3.5 CPU seconds of a
month's 7, 2026-11). What comes of it is the same, as the tests compare with what ``mf query`` gives.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.metrics.declared import measures, metrics

COUNTS = {"trips", "days"}
"""Measures that need to know of a trip no more than when it began, and of which kind it is."""
KEYS = {"metric_time__month", "trip__trip_type"}
"""What the counts can be grouped by."""
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
    counting = [name for name in asked["metrics"] if measures_of(name) <= COUNTS]
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


def measures_of(name: str) -> set[str]:
    """The measures that a metric is made of, by way of other metrics or directly."""
    facts = metrics()[name]["type_params"]
    if measure := facts.get("measure"):
        return {measure["name"] if isinstance(measure, dict) else measure}
    of = [one["name"] for one in facts.get("metrics", [])] or [facts["numerator"], facts["denominator"]]
    return {measure for one in of for measure in measures_of(one["name"] if isinstance(one, dict) else one)}
