"""dbt's semantic_manifest.json -> the measures of each semantic model, and how metrics are calculated from them.

A calculation is a nested list that JSON can hold: ``["/", ["name", "speed_miles"], ["number", 60]]``. DuckDB parses the
expressions of metrics and filters. What ``calculation`` does not cover makes a metric one that a browser cannot answer.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.database import in_memory

if TYPE_CHECKING:
    import duckdb

Calculation = list[Any]

DIMENSION = re.compile(r"\{\{\s*(?:Time)?Dimension\('(\w+)'\)\s*\}\}")
OPERATORS = {"+", "-", "*", "/", "nullif", "coalesce"}
COMPARISONS = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_IN": "in",
    "OPERATOR_IS_NULL": "is null",
    "OPERATOR_IS_NOT_NULL": "is not null",
    "CONJUNCTION_AND": "and",
    "CONJUNCTION_OR": "or",
}


class NotCovered(ValueError):
    """A part of a metric that a browser cannot calculate."""


@dataclass(frozen=True)
class Measure:
    """An aggregation of an expression over the rows of a semantic model's table."""

    name: str
    model: str
    agg: str
    expr: str


@dataclass(frozen=True)
class Model:
    """A semantic model: a table, the expressions of its entities by their names, and its dimensions."""

    name: str
    table: str
    primary: str
    time: str
    """The expression of the time that its measures are aggregated by; empty where it has none."""
    entities: Mapping[str, str]
    keys: Mapping[str, str]
    """The expressions of the entities by which other models are joined to it."""
    dimensions: Mapping[str, str]
    """The expressions of its categorical dimensions by their names."""
    descriptions: Mapping[str, str]


@dataclass(frozen=True)
class Semantics:
    """What the semantic manifest declares."""

    models: Mapping[str, Model]
    measures: Mapping[str, Measure]
    calculations: Mapping[str, Mapping[str, Any]]
    """How each metric is calculated: ``measure``, ``fill`` and ``where``, or ``expr``, ``inputs`` and ``where``."""
    not_covered: Mapping[str, str]
    """Why a browser cannot calculate the other metrics."""

    def model_of(self, entity: str) -> Model:
        """The model that has the attributes of an entity."""
        return next(model for model in self.models.values() if entity in model.keys)

    def dimensions_of(self, entity: str) -> dict[str, str]:
        """The expressions of an entity's attributes by their full names: ``date__day_name``."""
        return {f"{entity}__{name}": expr for name, expr in self.model_of(entity).dimensions.items()}


def read_semantics(manifest: Path) -> Semantics:
    """What dbt's semantic_manifest.json declares."""
    declared = json.loads(manifest.read_text())
    models = {model["name"]: model_from(model) for model in declared["semantic_models"]}
    measures = {
        measure["name"]: Measure(measure["name"], model["name"], measure["agg"], measure["expr"] or measure["name"])
        for model in declared["semantic_models"]
        for measure in model["measures"]
        if not measure["non_additive_dimension"]
    }
    calculations, not_covered = dict[str, dict[str, Any]](), dict[str, str]()
    with in_memory() as con:
        for metric in declared["metrics"]:
            try:
                calculations[metric["name"]] = calculation_of(con, metric, measures)
            except NotCovered as reason:
                not_covered[metric["name"]] = str(reason)
    return Semantics(models, measures, calculations, not_covered)


def model_from(model: Mapping[str, Any]) -> Model:
    entities = {entity["name"]: entity["expr"] or entity["name"] for entity in model["entities"]}
    identifying = [entity["name"] for entity in model["entities"] if entity["type"] in ("primary", "unique")]
    categorical = [dimension for dimension in model["dimensions"] if dimension["type"] == "categorical"]
    times = {dimension["name"]: dimension["expr"] or dimension["name"] for dimension in model["dimensions"]}
    time = (model["defaults"] or {}).get("agg_time_dimension")
    return Model(
        model["name"],
        model["node_relation"]["alias"],
        model["primary_entity"] or next(iter(identifying), ""),
        times[time] if time else "",
        entities,
        {name: entities[name] for name in identifying},
        {dimension["name"]: dimension["expr"] or dimension["name"] for dimension in categorical},
        {dimension["name"]: dimension["description"] or "" for dimension in categorical},
    )


def calculation_of(
    con: "duckdb.DuckDBPyConnection", metric: Mapping[str, Any], measures: Mapping[str, Measure]
) -> dict[str, Any]:
    """How a metric is calculated. Raises NotCovered where a browser cannot."""
    params = metric["type_params"]
    where = where_of(con, metric["filter"])
    if metric["type"] == "simple":
        measure = params["measure"]
        if measure["join_to_timespine"] or measure["alias"] or measure["name"] not in measures:
            raise NotCovered("a measure that is joined to the time spine, renamed or not additive over all dimensions")
        where += where_of(con, measure["filter"])
        return {"measure": measure["name"], "fill": measure["fill_nulls_with"], "where": where}
    if metric["type"] == "ratio":
        inputs = [params["numerator"], params["denominator"]]
        over, under = (["name", one["name"]] for one in inputs)
        expr: Calculation = ["/", over, ["nullif", under, ["number", 0]]]
    elif metric["type"] == "derived":
        inputs, expr = params["metrics"], parsed(con, params["expr"])
    else:
        raise NotCovered(f"a metric of the type {metric['type']}")
    if any(one["filter"] or one["alias"] or one["offset_window"] or one["offset_to_grain"] for one in inputs):
        raise NotCovered("an input that is filtered, renamed or of another time")
    return {"expr": expr, "inputs": [one["name"] for one in inputs], "where": where}


def where_of(con: "duckdb.DuckDBPyConnection", declared: Mapping[str, Any] | None) -> list[Calculation]:
    """The conditions of a filter, all of which hold. Dimensions are names in them."""
    filters = declared["where_filters"] if declared else []
    return [parsed(con, DIMENSION.sub(r'"\1"', one["where_sql_template"])) for one in filters]


def parsed(con: "duckdb.DuckDBPyConnection", expr: str) -> Calculation:
    """The expression as a calculation. Raises NotCovered for SQL that is none."""
    row = con.execute("select json_serialize_sql($1)", [f"select {expr}"]).fetchone()
    tree = json.loads(row[0]) if row else {"error": True}
    if tree["error"]:
        raise NotCovered(f"{expr} is not SQL")
    (node,) = tree["statements"][0]["node"]["select_list"]
    return calculation(node)


def calculation(node: Mapping[str, Any]) -> Calculation:
    """A node of DuckDB's syntax tree as a calculation."""
    kind, form = node["class"], node["type"]
    if kind == "CAST" and node["type_expr"]["type_name"].lower() == "double":
        return calculation(node["child"])
    if kind == "COLUMN_REF":
        found: Calculation = ["name", node["column_names"][-1]]
    elif kind == "CONSTANT":
        found = constant(node["literal"])
    elif kind == "FUNCTION" and node["function_name"] in OPERATORS:
        found = [node["function_name"], *(calculation(one["expression"]) for one in node["arguments"])]
    elif kind == "CASE":
        found = ["case", *cases(node)]
    elif kind == "COMPARISON" and form in COMPARISONS:
        found = [COMPARISONS[form], calculation(node["left"]), calculation(node["right"])]
    elif kind in ("OPERATOR", "CONJUNCTION") and form in COMPARISONS:
        found = [COMPARISONS[form], *map(calculation, node["children"])]
    else:
        raise NotCovered(f"the SQL of {form}")
    return found


def constant(literal: Mapping[str, Any]) -> Calculation:
    kind, text = literal["kind"], literal["text"]
    if kind == "NULL_LITERAL":
        return ["null"]
    if kind == "STRING":
        return ["text", text]
    if kind in ("INTEGER", "NUMERIC"):
        return ["number", float(text) if "." in text else int(text)]
    raise NotCovered(f"a constant of the kind {kind}")


def cases(node: Mapping[str, Any]) -> Iterator[Calculation]:
    """Condition and result of each case, then the result of all others."""
    for check in node["case_checks"]:
        yield calculation(check["when_expr"])
        yield calculation(check["then_expr"])
    yield calculation(node["else_expr"])
