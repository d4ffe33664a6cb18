"""config/expectations/*.yaml -> suites, validated by pydantic and by Great Expectations, and their JSON Schema."""

from datetime import date
from pathlib import Path
from typing import Any

from pipeline import declarations
from pipeline.declarations import validate
from pipeline.errors import BadInput
from pipeline.quality.expectations import build, known_expectations
from pipeline.quality.gx import import_great_expectations
from pipeline.quality.suites import DeclaredExpectation, Subject, Suite
from pipeline.similar import suggestion
from pipeline.sources import read_yaml

EXAMPLE_MONTH = date(2024, 1, 1)


def read_suites(folder: Path) -> dict[str, Suite]:
    """The suites of a folder by their names, which are those of their files.

    Raises BadInput, in one line that names the file and the field, where a suite is invalid or the folder has none.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise BadInput(f"{folder}: contains no suite; a suite is a file <model>.yaml, as docs/quality.md describes")
    return {path.stem: read_suite(path) for path in paths}


def read_suite(path: Path) -> Suite:
    """A suite whose expectations Great Expectations can build.

    Raises BadInput, in one line that names the file and the field.
    """
    suite = validate(Suite, read_yaml(path), str(path))
    for index, expectation in enumerate(suite.expectations):
        if problems := problems_of(expectation):
            raise BadInput(f"{path}: expectations[{index}].{problems}")
    return suite


def problems_of(expectation: DeclaredExpectation) -> str:
    """Why Great Expectations cannot build the expectation, after the field; empty where it can."""
    import_great_expectations()
    from great_expectations.compatibility.pydantic import ValidationError as InvalidArguments

    if not expectation.description:
        return "description: is empty"
    known = known_expectations()
    if expectation.expectation not in known:
        hint = suggestion(expectation.expectation, known).strip() or "see https://greatexpectations.io/expectations"
        return f"expectation: Great Expectations has no {expectation.expectation!r}; {hint}"
    try:
        build(expectation, Subject("", "", EXAMPLE_MONTH), {})
    except InvalidArguments as problem:
        return "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in problem.errors())
    return ""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a suite, for editors. It does not list sources, so a new source does not change it."""
    schema = declarations.json_schema(Suite)
    properties = schema["$defs"]["DeclaredExpectation"]["properties"]
    properties["expectation"]["enum"] = sorted(known_expectations())
    return schema


def write_json_schema() -> None:
    """Writes config/schemas/suite.json."""
    declarations.write_json_schemas({"suite.json": json_schema()})
