"""The catalogue: what can be asked of which months, and how a browser computes the answers."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.database import file_argument, in_memory
from pipeline.explore.cubes import plain
from pipeline.explore.layout import LAYOUT, Layout, attributes_of, dimensions_of, schema
from pipeline.explore.zones import with_names_of_zones
from pipeline.semantics import Semantics
from pipeline.sources import sources

if TYPE_CHECKING:
    import duckdb

ORDERED_BY = {
    "day_name": "day_of_week",
    "month_name": "month_of_year",
    "holiday_name": "day_of_year",
    "time_of_day": "hour_of_day",
    "time_period": "hour_of_day",
    "hour_12": "hour_of_day",
    "temp_category": "temperature_c",
    "feels_like_category": "feels_like_c",
    "humidity_category": "humidity_pct",
    "precipitation_type": "precipitation_mm",
    "precipitation_intensity": "precipitation_mm",
    "cloud_category": "cloud_cover_pct",
    "wind_category": "wind_speed_ms",
    "weather_description": "weather_code",
}
"""The attribute by whose least value the values of another one are ordered; others are ordered by themselves."""
UNITS = {
    "_c": "°C",
    "_f": "°F",
    "_mm": "mm",
    "_cm": "cm",
    "_pct": "%",
    "_ms": "m/s",
    "_mph": "mph",
    "_hpa": "hPa",
    "_degrees": "°",
}
"""How the names of attributes end that are measured, and their units."""
MEASURED = (*UNITS, "latitude", "longitude")
ADDITIVE_AGGS = ("sum", "sum_boolean", "count")
"""The aggregations whose values of groups add up to that of all."""
MOST_VALUES = 400
"""A dimension with more values has none in the catalogue, nor has one that is measured."""
LABELS = {
    "metric_time": "Time",
    "trip_type": "Mode",
    "day_name": "Weekday",
    "is_weekday": "Weekday or weekend",
    "hour_of_day": "Hour of day",
    "am_pm": "AM or PM",
    "temp_category": "Temperature",
    "precipitation_type": "Precipitation",
    "precipitation_intensity": "Intensity of precipitation",
    "zone_name": "Zone",
}
PLACES = {"pickup_location": "Pickup", "dropoff_location": "Drop-off", "start_station": "Start", "end_station": "End"}
"""How the label of an attribute of a place begins."""


def catalogue(
    semantics: Semantics,
    described: Mapping[str, Mapping[str, Any]],
    published: Path,
    months: Sequence[Any],
    layout: Layout = LAYOUT,
) -> dict[str, Any]:
    """What ``ask.js`` and the page need to know beside the data of months.

    ``described``: label, description, unit, category and formula of each metric; ``published``: the folder of published
    files, from which the values of dimensions are; ``months``: a description of each month that has a file, passed on.
    """
    return {
        "months": [*months],
        "metrics": {
            name: {
                **words,
                "calculation": semantics.calculations[name],
                "is_additive": is_additive(semantics, semantics.calculations[name]),
            }
            for name, words in described.items()
            if name in semantics.calculations
        },
        "not_covered": {**semantics.not_covered},
        "measures": {
            name: {"model": one.model, "agg": one.agg, "modes": modes_in(one.expr)}
            for name, one in semantics.measures.items()
        },
        "dimensions": with_names_of_zones(dimensions(semantics, published, layout), published),
        **schema(semantics, layout),
    }


def is_additive(semantics: Semantics, calculation: Mapping[str, Any]) -> bool:
    """Whether the values of groups add up to that of all: only then parts of a whole are stacked."""
    measure = semantics.measures.get(calculation.get("measure", ""))
    return measure is not None and measure.agg in ADDITIVE_AGGS


def modes_in(expr: str) -> list[str]:
    """The trip types that an expression names: of other modes the measure has no value. None are named by most."""
    known = {source.trip_type for source in sources().values()}
    return [text for text in dict.fromkeys(re.findall(r"'(\w+)'", expr)) if text in known]


def dimensions(semantics: Semantics, published: Path, layout: Layout) -> dict[str, dict[str, Any]]:
    """The label, the description and the ordered values of each dimension that a table has."""
    values = dict[str, list[Any]]()
    with in_memory() as con:
        for entity in dict.fromkeys(entity for table in layout.tables.values() for entity in table.entities):
            values |= values_of(con, semantics, entity, published)
    names = dict.fromkeys(name for table in layout.tables.values() for name in dimensions_of(semantics, table))
    descriptions = {
        f"{entity}__{name}": text
        for model in semantics.models.values()
        for entity in (model.primary, *model.keys)
        for name, text in model.descriptions.items()
    }
    return {
        name: {
            "label": label(name),
            "unit": UNITS.get(unit_suffix(name)),
            "description": descriptions.get(name, ""),
            "values": values.get(name),
        }
        for name in names
    }


def unit_suffix(name: str) -> str:
    """How the name of an attribute ends that has a unit; empty for others."""
    return next((suffix for suffix in UNITS if name.endswith(suffix)), "")


def label(name: str) -> str:
    """``Pickup borough`` for ``pickup_location__borough``, ``Temperature (°C)`` for ``weather__temperature_c``."""
    if name in PLACES:
        return f"{PLACES[name]} {name.split('_')[1].replace('location', 'zone')}"
    entity, attribute = name.split("__")
    if entity == "metric_time":
        return attribute.capitalize()
    suffix = unit_suffix(attribute)
    words = attribute.removeprefix("is_").removesuffix(suffix).replace("_", " ").capitalize()
    text = LABELS.get(attribute) or (f"{words} ({UNITS[suffix]})" if suffix else words)
    return f"{PLACES[entity]} {text[0].lower()}{text[1:]}" if entity in PLACES else text


def values_of(
    con: "duckdb.DuckDBPyConnection", semantics: Semantics, entity: str, published: Path
) -> dict[str, list[Any]]:
    """The values of each attribute of an entity in the published dimension, in order; without those of too many."""
    model = semantics.model_of(entity)
    file = published / model.table / f"{model.table}.parquet"
    if not file.exists():
        return {}
    named = {name: expr for name, expr in attributes_of(semantics, entity).items() if not name.endswith(MEASURED)}
    lists = [ordered_values(expr, model.dimensions.get(order_of(name), expr)) for name, expr in named.items()]
    con.execute(f"create or replace temp view dimension as from read_parquet({file_argument(file)})")
    found = con.execute(f"select {', '.join(lists)}").fetchone() or ()
    return {name: plain(values) for name, values in zip(named, found, strict=True) if len(values or ()) <= MOST_VALUES}


def order_of(name: str) -> str:
    """The attribute by which the values of one with this full name are ordered."""
    return ORDERED_BY.get(name.rsplit("__", maxsplit=1)[-1], "")


def ordered_values(expr: str, order: str) -> str:
    """The SQL of a list of the values, of few more than are needed where there are too many."""
    values = f"select {expr} as v, min({order}) as o from dimension where {expr} is not null group by 1"
    return f"(select coalesce(list(v order by o, v), []) from (from ({values}) limit {MOST_VALUES + 1}))"
