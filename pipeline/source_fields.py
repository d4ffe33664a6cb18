"""Fields of sources: how their values in YAML are checked and converted, and their JSON Schema."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from string import Formatter
from typing import Annotated, Any, ClassVar

from pipeline.declarations import CONFIGURATION, FromYaml, JsonSchema, matching, without_name
from pipeline.errors import BadInput
from pipeline.months import parse_month

PLACEHOLDERS = {"base", "year", "month", "day_before", "two_days_after", "columns"}
"""What ``urls`` may contain in braces."""
READ_PLACEHOLDERS = {"file", "columns"}
"""What ``read`` may contain in braces."""
SO_FAR_PLACEHOLDERS = {"base", "first", "today", "columns"}
"""What ``so_far_url`` may contain in braces."""
ADDRESS = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[^\s/?#\[\]:@]+)(:[0-9]{1,5})?(/[^\s?#]*)?")
COLOUR = matching("#[0-9a-f]{6}", "a colour as #rrggbb")
TYPE = matching(
    r"(varchar|timestamp|smallint|integer|bigint|double)(\[\])*",
    "varchar, timestamp, smallint, integer, bigint or double, with [] for each level of a list",
)
TRIP_TYPE = matching("[a-z][a-z_]*", "lower-case letters and underscores")


def as_month(text: Any) -> date | None:
    """``2024-01`` as the first day of that month; None for None. Raises ValueError where it is not a month."""
    try:
        return None if text is None else parse_month(str(text))
    except BadInput:
        raise ValueError("expected a month as YYYY-MM, for example 2024-01") from None


def as_columns(facts: Any) -> tuple[dict[str, Any], ...]:
    """Columns with their names, of a mapping of names to types or to mappings. Raises ValueError."""
    if not isinstance(facts, Mapping) or not facts:
        raise ValueError("expected at least one column, as a mapping of names to types")
    if named := [name for name, fact in facts.items() if isinstance(fact, Mapping) and "name" in fact]:
        raise ValueError(f"{named[0]} has the unknown field 'name'")
    return tuple(
        {"name": name, **(fact if isinstance(fact, Mapping) else {"type": fact})} for name, fact in facts.items()
    )


def as_urls(urls: Any) -> Any:
    """The addresses. Raises ValueError for none, and for an unknown placeholder."""
    if not isinstance(urls, list) or not urls:
        raise ValueError("expected at least one address, as a list")
    return [check_placeholders(url, PLACEHOLDERS) for url in urls]


def as_so_far_url(url: Any) -> Any:
    """The address. Raises ValueError for an unknown placeholder."""
    return check_placeholders(url, SO_FAR_PLACEHOLDERS)


def as_read(sql: Any) -> Any:
    """DuckDB's FROM clause. Raises ValueError for an unknown placeholder."""
    return check_placeholders(sql, READ_PLACEHOLDERS)


def check_placeholders(url: Any, known: set[str]) -> Any:
    found = {name for _, name, _, _ in Formatter().parse(url) if name is not None} if isinstance(url, str) else set()
    if found - known:
        raise ValueError(f"unknown placeholder {{{min(found - known)}}}; known are {', '.join(sorted(known))}")
    if isinstance(url, str):
        url.format(**dict.fromkeys(known, ""))  # raises ValueError where a placeholder has a format
    return url


def check_address(variable: str, url: str, example: str) -> None:
    """Raises BadInput unless the variable holds an address to which paths can be added.

    A password or a query, which may hold a token, is refused: receipts, the ledger and logs contain addresses. The
    message does not repeat it.
    """
    if "@" in url:
        raise BadInput(f"{variable}: holds a password; put it into ~/.netrc, which is read as well")
    if not ADDRESS.fullmatch(url):
        raise BadInput(
            f"{variable}: expected an address such as {example}, without query or fragment; further parameters of "
            "requests belong into urls of config/sources/*.yaml"
        )


def columns_schema(schema: JsonSchema) -> JsonSchema:
    column = schema["items"]
    return {"type": "object", "additionalProperties": {"anyOf": [{"type": "string"}, column]}, "minProperties": 1}


def source_file(schema: JsonSchema) -> JsonSchema:
    """The JSON Schema of a source's file, which has the source's name and may have ``like``."""
    column = without_name(schema["$defs"]["Column"])
    like = {"type": "string", "description": "The source whose fields hold where a field is missing here."}
    schema = without_name(schema) | {"$defs": {"Column": column}}
    properties = schema["properties"] | {"like": like}
    return schema | {
        "properties": properties,
        "required": [],
        "anyOf": [{"required": ["like"]}, {"required": schema["required"]}],
    }


def publishers_file(schema: JsonSchema) -> JsonSchema:
    """The JSON Schema of publishers.yaml, which maps names to publishers."""
    each = without_name(schema)
    return {"$schema": each.pop("$schema"), "type": "object", "additionalProperties": each}


MONTH = FromYaml(as_month, lambda schema: {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"})
URLS = FromYaml(as_urls, lambda schema: {**schema, "minItems": 1})
READ = FromYaml(as_read, lambda schema: schema)
SO_FAR_URL = FromYaml(as_so_far_url, lambda schema: schema)
COLUMNS = FromYaml(as_columns, columns_schema)


@dataclass(frozen=True)
class Column:
    """A published column that the models read.

    ``name`` is the publisher's newest name. Outside ``since``..``until`` (first days of months, both inclusive) it may
    be missing, and is null then.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = CONFIGURATION

    name: str
    type: Annotated[str, TYPE]
    """DuckDB's type."""
    aliases: tuple[str, ...] = ()
    """Earlier names. Names are compared without case."""
    since: Annotated[date | None, MONTH] = None
    """The first month that has it."""
    until: Annotated[date | None, MONTH] = None
    """The last month that has it."""
    optional: bool = False
    """It may be missing in any month."""
    unit: str = ""
    """The unit of its values. An answer in JSON states one for each column; another one is refused."""

    @property
    def names(self) -> set[str]:
        """All names it has been published under, in lower case."""
        return {name.lower() for name in (self.name, *self.aliases)}

    def is_required_in(self, month: date) -> bool:
        return not self.optional and (self.since or month) <= month <= (self.until or month)
