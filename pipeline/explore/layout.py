"""The layout of a month's data: which measures there are by the keys of which tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.rollup import ADDITIVE, HOURLY
from pipeline.semantics import Measure, Semantics

GRAINS = ("hour", "day", "week", "month", "quarter", "year")
ROLLUP = "rollup"
"""The base of cubes that are combined from the month's rollup."""
MAIN_MEASURES = ("total_trips", "avg_trip_duration_minutes", "avg_trip_distance_miles", "total_revenue", "avg_fare")
"""What most questions about places are about: a cube of all measures by day has ten times their size."""
USUAL_MEASURES = (
    *(*MAIN_MEASURES, "total_trip_distance_miles", "total_passengers", "avg_passengers_per_trip"),
    *("speed_miles", "speed_minutes", "priced_revenue", "priced_miles"),
)
MEDIANS = {
    "medians": ("month",),
    "medians_of_modes": ("trip_type", "month"),
    "medians_by_day": ("trip_type", "day"),
    **{
        f"medians_by_{name}": ("trip_type", name, "month")
        for name in ("hour_of_day", "weekday", "borough", "zone", "precipitation", "temperature")
    },
}
"""The cubes of medians, with their tables."""
KEYS = ("pickup_location", "dropoff_location", "start_station")
"""The entities whose keys are dimensions themselves: several zones have the same name."""
UNSTABLE = ("months_observed", "is_current")
"""Attributes of stations that other months change: a month's file would be outdated by them."""


@dataclass(frozen=True)
class Table:
    """Keys: a time of this grain, the entities whose attributes it has, and further dimensions."""

    grain: str = ""
    entities: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()

    @property
    def grains(self) -> Sequence[str]:
        """The grains of time that its keys have."""
        return GRAINS[GRAINS.index(self.grain) :] if self.grain else ()

    @property
    def columns(self) -> Sequence[str]:
        """The names of what identifies a key."""
        return [*(["metric_time"] if self.grain else []), *self.entities, *self.dimensions]


@dataclass(frozen=True)
class Cube:
    """Measures of a semantic model by the keys of tables: those with these aggregations, or of these names."""

    model: str
    tables: tuple[str, ...]
    aggs: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    base: str = ""
    """The base that it is combined from, or ``ROLLUP``; the rows of the model if empty."""

    def measures(self, semantics: Semantics) -> list[Measure]:
        found = (measure for measure in semantics.measures.values() if measure.model == self.model)
        return [measure for measure in found if measure.agg in self.aggs or measure.name in self.names]


@dataclass(frozen=True)
class Layout:
    """Tables, and cubes in the order in which a question looks for one that answers it.

    Bases are cubes of finer keys that cubes are combined from: the rows of a month are read once for several cubes. The
    month's file has none of them. Cubes of ``ROLLUP`` are combined from the rollup that Measure has published. The base
    of medians has a row for each row of the model.
    """

    tables: Mapping[str, Table]
    cubes: Mapping[str, Cube]
    bases: Mapping[str, Cube]


LAYOUT = Layout(
    {
        "month": Table("month"),
        "day": Table("day", ("date",)),
        "hour": Table("hour", ("date", "time", "weather")),
        "hour_of_day": Table(entities=("time",)),
        "weekday": Table(dimensions=("date__day_name", "date__day_of_week", "date__is_weekend", "date__is_weekday")),
        "precipitation": Table(dimensions=("weather__precipitation_type",)),
        "temperature": Table(dimensions=("weather__temp_category",)),
        "trip_type": Table(dimensions=("trip__trip_type",)),
        "trip_kind": Table(dimensions=("trip__member_type", "trip__rideable_type", "trip__payment_type")),
        "borough": Table(dimensions=("pickup_location__borough",)),
        "zone": Table(entities=("pickup_location",)),
        "dropoff_zone": Table(entities=("dropoff_location",)),
        "station": Table(entities=("start_station",)),
        "hourly_trip_type": Table(dimensions=("hourly__trip_type",)),
        "effect": Table(
            dimensions=("weather_effect__trip_type", "weather_effect__condition", "weather_effect__reason")
        ),
    },
    {
        "hours": Cube("trips", ("trip_type", "hour"), HOURLY, base=ROLLUP),
        "kinds": Cube("trips", ("trip_type", "trip_kind", "day"), names=USUAL_MEASURES, base="hours_of_kinds"),
        "kinds_by_hour": Cube(
            "trips", ("trip_type", "trip_kind", "hour"), names=("total_trips",), base="hours_of_kinds"
        ),
        "zones": Cube("trips", ("trip_type", "zone", "month"), ADDITIVE, base=ROLLUP),
        "boroughs_by_day": Cube("trips", ("trip_type", "borough", "day"), names=USUAL_MEASURES, base=ROLLUP),
        "boroughs_by_hour": Cube("trips", ("trip_type", "borough", "hour"), names=("total_trips",), base=ROLLUP),
        "zones_by_hour_of_day": Cube(
            "trips", ("trip_type", "zone", "hour_of_day", "month"), names=("total_trips",), base=ROLLUP
        ),
        "zones_by_day": Cube("trips", ("trip_type", "zone", "day"), names=("total_trips",), base=ROLLUP),
        "dropoff_zones": Cube("trips", ("trip_type", "dropoff_zone", "month"), names=MAIN_MEASURES),
        "stations": Cube(
            "trips", ("trip_type", "station", "month"), names=("total_trips", "avg_trip_duration_minutes")
        ),
        "loaded_hours": Cube("hourly_mobility", ("hourly_trip_type", "hour"), HOURLY),
        "effects": Cube("weather_effects", ("effect", "month"), ADDITIVE),
        **{name: Cube("trips", tables, ("median",), base="trips_with_medians") for name, tables in MEDIANS.items()},
    },
    {
        "hours_of_kinds": Cube("trips", ("trip_type", "trip_kind", "hour"), names=USUAL_MEASURES),
        "trips_with_medians": Cube("trips", ("trip_type", "hour", "zone"), ("median",)),
    },
)


def schema(semantics: Semantics, layout: Layout) -> Mapping[str, Any]:
    """The dimensions of each table, and the model, tables and measures of each cube."""
    return {
        "tables": {name: dimensions_of(semantics, table) for name, table in layout.tables.items()},
        "cubes": {
            name: {
                "model": cube.model,
                "tables": cube.tables,
                "measures": [measure.name for measure in cube.measures(semantics)],
            }
            for name, cube in layout.cubes.items()
        },
    }


def dimensions_of(semantics: Semantics, table: Table) -> list[str]:
    """The names of the dimensions that the table's keys have."""
    attributes = (name for entity in table.entities for name in attributes_of(semantics, entity))
    return [*(f"metric_time__{grain}" for grain in table.grains), *attributes, *table.dimensions]


def attributes_of(semantics: Semantics, entity: str) -> dict[str, str]:
    """The expressions of an entity's attributes that other months do not change, by their full names.

    The key is one of them where it is a dimension.
    """
    key = {entity: semantics.model_of(entity).keys[entity]} if entity in KEYS else {}
    found = semantics.dimensions_of(entity)
    return key | {name: expr for name, expr in found.items() if name.split("__")[1] not in UNSTABLE}
