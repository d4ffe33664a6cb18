"""The engines that build the marts: DuckDB in the warehouse file, or Apache Spark in a lake that the file shows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from pipeline.database import ENGINES, Warehouse
from pipeline.warehouse import lake, views
from pipeline.warehouse.dbt import Ended, Engine, run_dbt

Run = Callable[[Warehouse, Sequence[Sequence[str]], Sequence[date]], Ended]
RUNS: Mapping[str, Run] = dict(zip(ENGINES, (run_dbt, lake.run), strict=True))
BUILDERS: Mapping[str, Callable[[Warehouse], Engine]] = dict(zip(ENGINES, (lambda one: one, lake.lake_of), strict=True))


def builder_of(warehouse: Warehouse) -> Engine:
    """On what dbt builds the marts of the warehouse: the warehouse itself, or its lake."""
    return BUILDERS[warehouse.engine](warehouse)


def run_models(warehouse: Warehouse, commands: Sequence[Sequence[str]], months: Sequence[date]) -> Ended:
    """Runs dbt's commands that build marts, for these months, by the engine of the warehouse."""
    return RUNS[warehouse.engine](warehouse, commands, months)


def check(warehouse: Warehouse) -> None:
    """Raises BadInput or Unreachable, in one line, where the engine of the warehouse cannot start."""
    builder_of(warehouse).check()


def has_views(warehouse: Warehouse) -> bool:
    """Whether the engine of the warehouse has the views of the project as it is now."""
    return builder_of(warehouse).exists() and views.are_current(warehouse)
