"""config/expectations/*.yaml -> suites, validated by pydantic and by Great Expectations, and their JSON Schema."""

import difflib
import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.errors import BadInput
from pipeline.quality.expectations import build, known_expectations
from pipeline.quality.suites import DeclaredExpectation, Subject, Suite
from pipeline.sources import CONFIG, read_yaml

if TYPE_CHECKING:
    from pydantic import TypeAdapter

EXAMPLE_MONTH = date(2024, 1, 1)


def read_suites(folder: Path) -> dict[str, Suite]:
    """The suites of a folder by their names, which are those of their files.

    Raises BadInput, in one line that names the file and the field, where a suite is invalid or the folder has none.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise BadInput(f"{folder}: contains no suite; a suite is a file <model>.yaml, as README.md describes")
    return {path.stem: read_suite(path) for path in paths}


def read_suite(path: Path) -> Suite:
    """A suite whose expectations Great Expectations can build.

    Raises BadInput, in one line that names the file and the field.
    """
    from pydantic import ValidationError

    try:
        suite = suite_adapter().validate_python(read_yaml(path))
    except yaml.YAMLError as problem:
        raise BadInput(f"{path}: is not YAML: {' '.join(str(problem).split())}") from problem
    except ValidationError as problem:
        complaints = (f"{field_name(error['loc'])}: {complaint(error)}" for error in problem.errors())
        raise BadInput(f"{path}: {'; '.join(complaints)}") from problem
    for index, expectation in enumerate(suite.expectations):
        if problems := problems_of(expectation):
            raise BadInput(f"{path}: expectations[{index}].{problems}")
    return suite


@cache
def suite_adapter() -> "TypeAdapter[Suite]":
    """Pydantic's validator of suites. Cached, because creating it takes 12 ms."""
    from pydantic import TypeAdapter

    return TypeAdapter(Suite)


def field_name(location: tuple[int | str, ...]) -> str:
    """A field as ``expectations[2].severity``; ``suite`` for the whole file."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".") or "suite"


def complaint(error: Any) -> str:
    text = str(error["msg"]).removeprefix("Value error, ").partition(" or an instance of")[0]
    found = error["input"]
    return f"{text}, not {found!r}" if isinstance(found, str | int | float | None) else text


def problems_of(expectation: DeclaredExpectation) -> str:
    """Why Great Expectations cannot build the expectation, after the field; empty where it can."""
    from great_expectations.compatibility.pydantic import ValidationError as InvalidArguments

    if not expectation.description:
        return "description: is empty"
    known = known_expectations()
    if expectation.expectation not in known:
        similar = difflib.get_close_matches(expectation.expectation, known)
        hint = f"did you mean {', '.join(similar)}?" if similar else "see https://greatexpectations.io/expectations"
        return f"expectation: Great Expectations has no {expectation.expectation!r}; {hint}"
    try:
        build(expectation, Subject("", "", EXAMPLE_MONTH), {})
    except InvalidArguments as problem:
        return "; ".join(f"{field_name(error['loc'])}: {error['msg']}" for error in problem.errors())
    return ""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a suite, for editors. It does not list sources, so a new source does not change it."""
    schema = suite_adapter().json_schema()
    properties = schema["$defs"]["DeclaredExpectation"]["properties"]
    properties["expectation"]["enum"] = sorted(known_expectations())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def write_json_schema() -> None:
    """Writes config/schemas/suite.json."""
    (CONFIG / "schemas/suite.json").write_text(json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n")
