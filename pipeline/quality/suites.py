"""config/expectations/*.yaml -> suites in Great Expectations' own words, ready for a month."""

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.errors import BadInput
from pipeline.quality.findings import SEVERITIES, Subject

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation import Expectation

NEEDED, POSSIBLE = {"model", "expectations"}, {"where", "sources"}
OURS = {"expectation", "sources"}
PLACEHOLDER = re.compile(r"\{(month|source|history)\}")
"""In texts of a suite; «{batch}» is Great Expectations' own."""
PARAMETER = re.compile(r"[a-z_]\w*")
SAMPLE = date(2024, 1, 1)
ROWS = "unexpected_rows_expectation"
"""The expectation that is a query of ours."""
PLACE = "place in the suite"

Declared = Mapping[str, Any]
"""One expectation as its suite declares it: Great Expectations' arguments, ``expectation``, and perhaps ``sources``."""


@dataclass(frozen=True)
class Suite:
    """What is expected of one model in each month, as config/expectations/<model>.yaml says.

    ``where`` chooses the rows of a month, all where it is empty. A suite with ``sources`` is judged for each of them
    that the month has.
    """

    name: str
    model: str
    where: str
    sources: tuple[str, ...]
    expectations: tuple[Declared, ...]

    @property
    def is_monthly(self) -> bool:
        """Whether another month might be judged otherwise."""
        return "{month}" in self.where or any(
            "{month}" in str(asked) or parameters(asked) for asked in self.expectations
        )

    def of(self, source: str) -> list[Declared]:
        """The expectations of one source; an expectation may name those that it is for."""
        return [asked for asked in self.expectations if not source or source in asked.get("sources", [source])]


def read_suite(path: Path) -> Suite:
    """A suite whose every expectation Great Expectations can build.

    Raises BadInput, naming the file and what is allowed.
    """
    try:
        facts = yaml.safe_load(path.read_text())
    except yaml.YAMLError as problem:
        raise BadInput(f"{path}: no YAML: {' '.join(str(problem).split())}") from problem
    keys = set(facts) if isinstance(facts, dict) else set()
    if not NEEDED <= keys <= NEEDED | POSSIBLE or not isinstance(facts["expectations"], list):
        raise BadInput(
            f"{path}: a suite has {', '.join(sorted(NEEDED))} (a list), and perhaps {', '.join(sorted(POSSIBLE))}"
        )
    suite = Suite(
        name=path.stem,
        model=facts["model"],
        where=facts.get("where", ""),
        sources=tuple(facts.get("sources", ())),
        expectations=tuple(checked(path, fact) for fact in facts["expectations"]),
    )
    for asked in suite.expectations:
        try_to_build(path, asked)
    return suite


def checked(path: Path, fact: Any) -> Declared:
    name = known_expectation(path, fact)
    if fact.get("severity") not in SEVERITIES:
        raise BadInput(f"{path}: {name}: severity {fact.get('severity')!r}; allowed are {', '.join(SEVERITIES)}")
    if not fact.get("description"):
        raise BadInput(f"{path}: {name}: no description; it says in words what is expected")
    declared: Declared = fact
    return declared


def known_expectation(path: Path, fact: Any) -> str:
    import great_expectations.expectations  # noqa: F401  (registers the expectations)
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    known = list_registered_expectation_implementations()
    name = str(fact.get("expectation")) if isinstance(fact, dict) else str(fact)
    if name in known and isinstance(fact, dict):
        return name
    near = ", ".join(difflib.get_close_matches(name, known)) or "listed at https://greatexpectations.io/expectations"
    raise BadInput(f"{path}: expectation {name!r}: no such in Great Expectations; near it are {near}")


def try_to_build(path: Path, asked: Declared) -> None:
    from great_expectations.compatibility.pydantic import ValidationError

    try:
        build(asked, Subject(path.stem, "", SAMPLE), {})
    except ValidationError as problem:
        complaints = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in problem.errors())
        raise BadInput(f"{path}: {asked['expectation']}: {complaints}") from problem


def build(asked: Declared, subject: Subject, history: Mapping[str, list[date]], place: int = 0) -> "Expectation":
    """Great Expectations' object, marked with its place: results come in an order of their own.

    Raises Great Expectations' ValidationError for arguments that make no sense.
    """
    from great_expectations.expectations.registry import get_expectation_impl

    arguments = {key: value for key, value in asked.items() if key not in OURS}
    return get_expectation_impl(asked["expectation"])(**filled(arguments, subject, history), meta={PLACE: place})


def place_of(result: "ExpectationValidationResult") -> int:
    meta = result.expectation_config.meta if result.expectation_config else None
    return int((meta or {})[PLACE])


def filled(value: Any, subject: Subject, history: Mapping[str, list[date]]) -> Any:
    """The same with what the placeholders stand for, as SQL: the month, the source, and the months before it."""
    if isinstance(value, Mapping):
        return {key: filled(each, subject, history) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, subject, history) for each in value]
    if not isinstance(value, str):
        return value
    before = ", ".join(f"date '{month}'" for month in history.get(subject.source, ()))
    stands_for = {
        "month": f"date '{subject.month}'",
        "source": f"'{subject.source}'",
        "history": f"({before or 'null'})",
    }
    return PLACEHOLDER.sub(lambda found: stands_for[found[1]], value)


def parameters(asked: Declared) -> set[str]:
    """The names that its ``$PARAMETER`` expressions are made of."""
    expressions: list[str] = []

    def look(fact: dict[str, Any]) -> dict[str, Any]:
        expressions.append(str(fact.get("$PARAMETER", "")))
        return fact

    json.loads(json.dumps(asked, default=str), object_hook=look)
    return {name for expression in expressions for name in PARAMETER.findall(expression)}


def needs_history(asked: Declared) -> bool:
    return "{history}" in str(asked)
