"""Declarations in YAML as frozen dataclasses, validated by pydantic.

Every run reads declarations, and importing pydantic and creating a validator take 0.15 s of CPU (2026-11). Therefore
``construct`` reads valid declarations without pydantic. It is strict: it refuses whatever differs from the annotated
types, and pydantic then validates the declaration and describes its errors.
"""

import json
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from pipeline.errors import BadInput
from pipeline.project import HERE
from pipeline.similar import suggestion

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter, ValidationError
    from pydantic_core import CoreSchema

CONFIGURATION = {"extra": "forbid", "use_attribute_docstrings": True}
"""Pydantic's configuration of a dataclass that is read from YAML."""
JsonSchema = dict[str, Any]
Location = tuple[int | str, ...]
Kind = TypeVar("Kind")


@dataclass(frozen=True)
class FromYaml:
    """Annotates a field of a dataclass: ``convert`` checks and converts its value in YAML, and raises ValueError.

    ``schema`` adapts the JSON Schema of the field's type to the value in YAML.
    """

    convert: Callable[[Any], Any]
    schema: Callable[[JsonSchema], JsonSchema]

    def __get_pydantic_core_schema__(self, hint: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(self.convert, handler(hint))

    def __get_pydantic_json_schema__(self, schema: "CoreSchema", handler: "GetJsonSchemaHandler") -> JsonSchema:
        return self.schema(handler(schema))


def read_declaration(kind: type[Kind], facts: Any, location: str) -> Kind:
    """The dataclass ``kind`` from what YAML holds.

    Raises BadInput, in one line that begins with the location and names the field.
    """
    try:
        return cast(Kind, construct(kind, facts))
    except (TypeError, ValueError):
        return validate(kind, facts, location)


def construct(hint: Any, value: Any) -> Any:
    """The value as the annotated type. Raises ValueError or TypeError where it differs from it."""
    arguments = get_args(hint)
    origin = get_origin(hint)
    if origin is Annotated:
        for marker in arguments[1:]:
            value = marker.convert(value)
        return construct(arguments[0], value)
    if origin in (Union, types.UnionType):
        (inner,) = (argument for argument in arguments if argument is not types.NoneType)
        return None if value is None else construct(inner, value)
    if origin is tuple and isinstance(value, list | tuple):
        inners = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else arguments
        return tuple(construct(inner, one) for inner, one in zip(inners, value, strict=True))
    if origin is Literal and value in arguments:
        return value
    if is_dataclass(hint) and isinstance(value, dict):
        hints = field_types(cast(type, hint))
        return cast(type, hint)(**{name: construct(hints[name], one) for name, one in known(value, hints).items()})
    if type(value) is hint or (hint is float and type(value) is int):
        return value
    raise ValueError(f"{value!r} is no {hint}")


def known(facts: dict[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """The facts. Raises ValueError where one is not among the names."""
    if facts.keys() <= names.keys():
        return facts
    raise ValueError(f"unknown: {sorted(map(str, facts.keys() - names.keys()))}")


@cache
def field_types(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: hints[field.name] for field in fields(kind)}


@cache
def validator(kind: type) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def validate(kind: type[Kind], facts: Any, location: str) -> Kind:
    """The dataclass ``kind`` from what YAML holds, by pydantic.

    Raises BadInput, in one line that begins with the location and names the field.
    """
    from pydantic import ValidationError

    try:
        return cast(Kind, validator(cast(type, kind)).validate_python(facts))
    except ValidationError as problem:
        raise BadInput(f"{location}: {describe(problem, facts, field_names(kind))}") from problem


def describe(problem: "ValidationError", facts: Any, names: set[str]) -> str:
    """Pydantic's errors in one line, each with its field; for an unknown field the most similar of the names."""
    return "; ".join(
        f"{field_name(error['loc'], facts)}{complaint(cast(dict[str, Any], error), names)}"
        for error in problem.errors()
    )


def field_name(location: Location, facts: Any) -> str:
    """A field as ``columns.ehail_fee.since: ``; empty for the whole declaration."""
    text = ""
    for part in location:
        # An index where YAML has a mapping: it was converted to a sequence.
        is_index = isinstance(part, int) and isinstance(facts, Mapping) and part not in facts
        key = str(list(facts)[int(part)]) if is_index else part
        text += f"[{key}]" if isinstance(key, int) else f".{key}"
        facts = facts.get(key) if isinstance(facts, Mapping) else None
    return f"{text.removeprefix('.')}: " if text else ""


def complaint(error: Mapping[str, Any], names: set[str]) -> str:
    if error["type"] == "unexpected_keyword_argument":
        return f"unknown field; {suggestion(str(error['loc'][-1]), names, most=1)}".rstrip("; ")
    text = str(error["msg"]).removeprefix("Value error, ").partition(" or an instance of")[0]
    found = error["input"]
    return f"{text}, not {found!r}" if isinstance(found, str | int | float | None) else text


def field_names(kind: type) -> set[str]:
    """The names of the fields of the dataclass and of the dataclasses within it."""
    schema = validator(kind).json_schema()
    return {name for one in (schema, *schema.get("$defs", {}).values()) for name in one.get("properties", {})}


def json_schema(kind: type) -> JsonSchema:
    """The JSON Schema of the dataclass, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **validator(kind).json_schema()}


def without_name(schema: JsonSchema) -> JsonSchema:
    """The schema of a dataclass whose ``name`` is the key or the file that it stands under."""
    properties = {name: one for name, one in schema["properties"].items() if name != "name"}
    required = [name for name in schema["required"] if name != "name"]
    return schema | {"properties": properties, "required": required}


def file_name(path: Path) -> str:
    """The file as messages name it: ``config/sources/weather.yaml``."""
    return str(path.relative_to(HERE) if path.is_relative_to(HERE) else path)


def named(name: str, facts: Any, location: str) -> Any:
    """The facts with the name that they stand under.

    Raises BadInput for facts that declare a name of their own.
    """
    if not isinstance(facts, dict):
        return facts
    if "name" in facts:
        raise BadInput(f"{location}: name: unknown field; the name is {name}")
    return {**facts, "name": name}


def matching(pattern: str, what: str) -> FromYaml:
    """Annotates a text that matches the regular expression, or is empty."""

    def check(text: Any) -> Any:
        if isinstance(text, str) and not re.fullmatch(f"({pattern})?", text):
            raise ValueError(f"expected {what}")
        return text

    return FromYaml(check, lambda schema: {**schema, "pattern": f"^({pattern})?$"})


def write_json_schemas(schemas: Mapping[str, JsonSchema]) -> None:
    """Writes the schemas to config/schemas/."""
    for name, schema in schemas.items():
        (HERE / "config/schemas" / name).write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n")
