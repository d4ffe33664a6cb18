"""The semantic layer over a month's rollup: the same metrics, of which MetricFlow compiles SQL that reads the rollup.

Measures that can be combined read their parts in the rollup, and a mean is the ratio of a sum and a count. Others,
such as medians and counts of distinct values, read the trips. Metrics, dimensions and their names stay as declared.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from pipeline.rollup import ADDITIVE, DIMENSIONS, ENTITIES, MODEL, PARTS, TABLE, Part, parts_by_column
from pipeline.semantics import Measure

Declared = dict[str, Any]
"""A part of dbt's semantic_manifest.json."""


def on_rollup(manifest: Mapping[str, Any]) -> Declared:
    """The semantic layer whose measures read the rollup where they can."""
    layer = deepcopy(dict(manifest))
    (model,) = (one for one in layer["semantic_models"] if one["name"] == MODEL)
    combined = [one for one in model["measures"] if is_combined(one, model, layer["metrics"])]
    layer["semantic_models"].append(model_of_rollup(model, combined))
    model["measures"] = [one for one in model["measures"] if one not in combined]
    means = {one["name"] for one in combined if one["agg"] == "average"}
    layer["metrics"] = [made for metric in layer["metrics"] for made in metrics_of(metric, means)]
    return layer


def is_combined(measure: Declared, model: Declared, metrics: Sequence[Declared]) -> bool:
    """Whether MetricFlow gives the same values from the rollup.

    The measure is additive, over all dimensions, and aggregated by the model's own time. Its metrics are simple. If it
    is a mean, none of them renames it, fills it or joins it to the time spine: a ratio cannot.
    """
    uses = [one for one in metrics if (one["type_params"].get("measure") or {}).get("name") == measure["name"]]
    references = [one["type_params"]["measure"] for one in uses]
    is_renamed_or_filled = any(
        one.get("alias") or one.get("join_to_timespine") or one.get("fill_nulls_with") is not None for one in references
    )
    return (
        measure["agg"] in ADDITIVE
        and not measure.get("non_additive_dimension")
        and measure.get("agg_time_dimension") in (None, time_of(model))
        and all(metric["type"] == "simple" for metric in uses)
        and not (measure["agg"] == "average" and is_renamed_or_filled)
    )


def time_of(model: Declared) -> str:
    """The time by which the model's measures are aggregated, but for those that have another one."""
    return str(model["defaults"]["agg_time_dimension"])


def model_of_rollup(model: Declared, measures: list[Declared]) -> Declared:
    """The model with these measures, of what the rollup has."""
    relation = model["node_relation"]
    return {
        **model,
        "name": TABLE,
        "node_relation": {
            **relation,
            "alias": TABLE,
            "relation_name": relation["relation_name"].replace(relation["alias"], TABLE),
        },
        # A row has no key of its own; dimensions keep the prefix of the trips'.
        "primary_entity": next(one["name"] for one in model["entities"] if one["type"] == "primary"),
        "entities": [one for one in model["entities"] if one["name"] in ENTITIES],
        "dimensions": [*dimensions_of_rollup(model)],
        "measures": [part for one in measures for part in measures_of_parts(one)],
    }


def dimensions_of_rollup(model: Declared) -> Iterator[Declared]:
    """The dimensions that the rollup has, and its time, in hours."""
    for one in model["dimensions"]:
        if one["name"] in DIMENSIONS:
            yield one
        elif one["name"] == time_of(model):
            yield {**one, "type_params": {**one["type_params"], "time_granularity": "hour"}}


def measures_of_parts(declared: Declared) -> Iterator[Declared]:
    """The measures that combine the parts of one: two of a mean, and one of any other."""
    measure = Measure(declared["name"], MODEL, declared["agg"], "")
    for column, part in parts_by_column(measure):
        yield {**declared, "name": name_of(measure.name, part), "agg": part.combined_by, "expr": column}


def name_of(declared: str, part: Part) -> str:
    """The name of a part of a declared measure or metric: its own, where that is its only part."""
    return f"rollup{part.suffix}_of_{declared}" if part.suffix else declared


def metrics_of(metric: Declared, means: set[str]) -> Iterator[Declared]:
    """The metric; that of a mean as a ratio, with the metrics that it is made of."""
    measure = metric["type_params"].get("measure") or {}
    if measure.get("name") not in means:
        yield metric
        return
    names = []
    for part in PARTS["average"]:
        names.append(name_of(metric["name"], part))
        of_part = {**measure, "name": name_of(measure["name"], part)}
        params = {**metric["type_params"], "measure": of_part, "input_measures": [of_part]}
        yield {**metric, "name": names[-1], "type_params": params, "filter": None}
    over, under = ({"name": name} for name in names)
    params = {**metric["type_params"], "measure": None, "numerator": over, "denominator": under}
    yield {**metric, "type": "ratio", "type_params": params}
