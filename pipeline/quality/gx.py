"""Great Expectations, imported and evaluated in less time.

This relies on more than its documented interface: ``tests/unit/quality/test_gx.py`` fails where another version changes
any of it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, wraps
from importlib import import_module
from types import ModuleType
from typing import Any

IMPORTED_LATER = ("altair", "scipy.stats")
"""Modules that only expectations on distributions use. They take 1.4 of the 3.8 CPU s of the import (2026-11)."""

ENGINE = "SqlAlchemyExecutionEngine"
QUERY = "unexpected_rows_query"
"""The argument of the expectation that is a query."""

PLAIN = {bool, int, str, type(None)}
"""The types whose values JSON can have as they are."""


@cache
def import_great_expectations() -> ModuleType:
    """Great Expectations. Whoever imports a module of it calls this first."""
    stand_ins = {name: StandIn(name) for name in IMPORTED_LATER if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        with without_pyspark():
            return import_module("great_expectations")
    finally:
        for stand_in in stand_ins.values():
            stand_in.forget()


@contextmanager
def without_pyspark() -> Iterator[None]:
    """In the block, pyspark cannot be imported: Great Expectations imports it if it is installed, though suites are
    evaluated by DuckDB. pyspark 4.3 then warns of the version of pandas (2026-11).
    """
    if "pyspark" in sys.modules:
        yield
        return
    sys.modules["pyspark"] = None  # type: ignore[assignment]  # what the import system expects
    try:
        yield
    finally:
        del sys.modules["pyspark"]


class StandIn(ModuleType):
    """Stands for a module that is imported when one of its names is used."""

    def forget(self) -> None:
        """Lets others import the module itself."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]

    def __getattr__(self, name: str) -> Any:
        self.forget()
        return getattr(import_module(self.__name__), name)


@contextmanager
def computed_in_less_time() -> Iterator[None]:
    """In the block, Great Expectations takes a third less time to evaluate suites (2026-11)."""
    with configurations_computed_once(), keys_of_plain_values(), queries_run_once():
        yield


@contextmanager
def queries_run_once() -> Iterator[None]:
    """In the block, an expectation that is a query runs it once: it fetches the rows, and counts them if they are few.

    Great Expectations counts them by a second query (1 CPU s of a month of 5.6 million trips, 2026-11).
    """
    from great_expectations.constants import MAX_RESULT_RECORDS
    from great_expectations.expectations.registry import _registered_metrics

    of_rows, of_count = (
        _registered_metrics[f"unexpected_rows_query.{name}"]["providers"] for name in ("table", "row_count")
    )
    originals = of_rows[ENGINE], of_count[ENGINE]
    (rows_class, fetch), (count_class, count) = originals
    fetched: dict[tuple[str, str], list[Any]] = {}

    @wraps(fetch)
    def fetch_once(**arguments: Any) -> list[Any]:
        batch, query = arguments["metric_domain_kwargs"]["batch_id"], arguments["metric_value_kwargs"][QUERY]
        if (batch, query) not in fetched:
            fetched[batch, query] = fetch(**arguments)
        return fetched[batch, query]

    @wraps(count)
    def count_fetched(**arguments: Any) -> int:
        rows = len(fetch_once(**arguments))
        return rows if rows < MAX_RESULT_RECORDS else int(count(**arguments))

    of_rows[ENGINE], of_count[ENGINE] = (rows_class, fetch_once), (count_class, count_fetched)
    try:
        yield
    finally:
        of_rows[ENGINE], of_count[ENGINE] = originals


@contextmanager
def values_counted_alone() -> Iterator[None]:
    """In the block, unexpected values of columns are counted and not fetched: their lists are empty.

    Great Expectations fetches those of each expectation by a query of its own, most of which read a month to find none.
    """
    from great_expectations.expectations.registry import _registered_metrics

    providers = [
        metric["providers"]
        for name, metric in _registered_metrics.items()
        if name.endswith(".unexpected_values") and ENGINE in metric["providers"]
    ]
    originals = [of_engines[ENGINE] for of_engines in providers]
    for of_engines, (metric_class, _) in zip(providers, originals, strict=True):
        of_engines[ENGINE] = (metric_class, lambda **_: [])
    try:
        yield
    finally:
        for of_engines, original in zip(providers, originals, strict=True):
            of_engines[ENGINE] = original


@contextmanager
def keys_of_plain_values() -> Iterator[None]:
    """In the block, a dictionary of plain values has its key without a search for values that JSON does not know.

    Great Expectations needs 15,000 such keys a month, and searches longest for None (0.3 CPU s, 2026-11).
    """
    from great_expectations.core import id_dict

    original = vars(id_dict)["convert_to_json_serializable"]

    def convert(data: Any) -> Any:
        return data if all(type(value) in PLAIN for value in data.values()) else original(data)

    vars(id_dict)["convert_to_json_serializable"] = convert
    try:
        yield
    finally:
        vars(id_dict)["convert_to_json_serializable"] = original


@contextmanager
def configurations_computed_once() -> Iterator[None]:
    """In the block, an expectation computes its configuration again only if one of its fields has changed.

    Great Expectations asks for each a hundred times: a third of the time of judging a month (1.1 CPU s, 2026-11).
    """
    from great_expectations.expectations.expectation import Expectation

    original: property = vars(Expectation)["configuration"]
    computed: dict[int, tuple[Expectation, dict[str, Any], Any]] = {}

    def configuration(self: Expectation) -> Any:
        known = computed.get(id(self))
        if not known or known[1] != self.__dict__:
            known = computed[id(self)] = (self, dict(self.__dict__), original.__get__(self))
        return known[2]

    type.__setattr__(Expectation, "configuration", property(configuration))
    try:
        yield
    finally:
        type.__setattr__(Expectation, "configuration", original)
