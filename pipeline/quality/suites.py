"""Suites as values: the expectations of a model, and the sources that they apply to."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pipeline.declarations import CONFIGURATION, FromYaml
from pipeline.sources import Source, sources

PARAMETER = re.compile(r"[a-z_]\w*")
SELECTORS = {
    "kind": lambda source: source.kind,
    "publisher": lambda source: source.publisher.name,
    "trip_type": lambda source: source.trip_type,
}
"""The fields of config/sources/*.yaml by which a suite selects sources."""
SELECTION_SCHEMA = {
    "anyOf": [
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
        {
            "type": "object",
            "properties": {field: {"type": "string"} for field in SELECTORS},
            "additionalProperties": False,
            "minProperties": 1,
        },
    ]
}


def select_sources(selection: Any) -> tuple[str, ...]:
    """The names of the selected sources, for a list of names or for fields of config/sources/*.yaml and their values.

    Raises ValueError where a name or a field is unknown, and where no source matches.
    """
    declared = sources()
    if isinstance(selection, Mapping):
        if unknown := sorted(set(selection) - set(SELECTORS)):
            raise ValueError(f"unknown field {unknown[0]!r}; sources are selected by {', '.join(SELECTORS)}")
        names = [name for name, source in declared.items() if has_fields(source, selection)]
        if not names:
            raise ValueError(f"no source in config/sources/ has {selection}")
        return tuple(names)
    if not isinstance(selection, list) or not selection:
        raise ValueError(f"expected a list of sources, or a mapping of {', '.join(SELECTORS)}")
    if unknown := [name for name in selection if not isinstance(name, str) or name not in declared]:
        raise ValueError(f"unknown source {unknown[0]!r}; config/sources/ has {', '.join(declared)}")
    return tuple(selection)


def has_fields(source: Source, fields: Mapping[str, Any]) -> bool:
    return all(SELECTORS[field](source) == value for field, value in fields.items())


SourceNames = Annotated[tuple[str, ...], FromYaml(select_sources, lambda _: SELECTION_SCHEMA)]


@dataclass(frozen=True)
class DeclaredExpectation:
    """One expectation of a suite. Keys that are not listed here are arguments of Great Expectations' expectation."""

    __pydantic_config__: ClassVar[dict[str, Any]] = CONFIGURATION | {"extra": "allow"}

    expectation: str
    """Great Expectations' name: https://greatexpectations.io/expectations"""
    description: str
    """What is true of sound data, as a sentence without a full stop. Findings show it."""
    severity: Literal["critical", "warning"]
    """critical: a failure rejects the month. warning: a failure is reported."""
    sources: SourceNames = ()
    """The sources that it applies to; all of the suite if missing."""
    except_sources: SourceNames = ()
    """The sources that it does not apply to."""

    @property
    def own_arguments(self) -> dict[str, Any]:
        """The keys that are not listed here."""
        listed = {field.name for field in fields(self)}
        return {key: value for key, value in vars(self).items() if key not in listed}

    @property
    def arguments(self) -> dict[str, Any]:
        """All arguments of Great Expectations' expectation."""
        return {"description": self.description, "severity": self.severity, **self.own_arguments}

    @property
    def column_name(self) -> str:
        """The column that is checked; empty for an expectation about the whole table."""
        return str(self.own_arguments.get("column", ""))

    @property
    def parameters(self) -> set[str]:
        """The names in its ``$PARAMETER`` expressions."""
        expressions: list[str] = []

        def collect(fact: dict[str, Any]) -> dict[str, Any]:
            expressions.append(str(fact.get("$PARAMETER", "")))
            return fact

        json.loads(json.dumps(self.own_arguments, default=str), object_hook=collect)
        return {name for expression in expressions for name in PARAMETER.findall(expression)}

    def mentions(self, placeholder: str) -> bool:
        return placeholder in str(self.own_arguments)

    def applies_to(self, source: str) -> bool:
        """Whether it applies to a source, or, where ``source`` is empty, to the month as a whole."""
        return not source or (source in (self.sources or (source,)) and source not in self.except_sources)


@dataclass(frozen=True)
class Suite:
    """The expectations of one model for each month.

    With ``sources`` the suite is evaluated once for each of them that the month has.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = CONFIGURATION

    model: str
    """The table, as schema.name."""
    expectations: tuple[DeclaredExpectation, ...]
    where: str = ""
    """SQL condition that selects the rows of a month; all rows if missing."""
    sources: SourceNames = ()
    """Evaluate once for each of these sources that the month has."""

    @property
    def is_monthly(self) -> bool:
        """Whether its results can differ between months."""
        return "{month}" in self.where or any(
            expectation.mentions("{month}") or expectation.parameters for expectation in self.expectations
        )

    def of(self, source: str) -> list[DeclaredExpectation]:
        """The expectations that apply to a source."""
        return [expectation for expectation in self.expectations if expectation.applies_to(source)]


@dataclass(frozen=True)
class Subject:
    """What one suite validates: the rows of a month, or those of one of its sources."""

    suite: str
    model: str
    month: date
    source: str = ""

    def __str__(self) -> str:
        return f"{self.model}: {self.month:%Y-%m}{f' {self.source}' if self.source else ''}"
