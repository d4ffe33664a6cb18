"""What each step returns, and its receipt stores: frozen values that one step hands to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

T = TypeVar("T", "Landed", "Converted", "Transformed", "Content")


@dataclass(frozen=True)
class Landed:
    """A downloaded file: its name in the landing folder, and where it came from.

    ``bytes`` and ``sha256`` are those of the stored file; ``etag`` and ``last_modified`` are empty where the publisher
    sends none; ``fetched_at`` is an ISO time in UTC; ``generated_by`` is empty for published files (generated.py).
    """

    file: str
    url: str
    etag: str
    last_modified: str
    bytes: int
    sha256: str
    fetched_at: str
    generated_by: str = ""


@dataclass(frozen=True)
class TypeDifference:
    """A column that is published with another type than declared, or with values that do not fit it.

    ``missing`` of these values stand for a missing one, as NaN does; ``invalid`` ones do not.
    """

    column: str
    is_other_type: bool
    missing: int
    invalid: int
    sentence: str


@dataclass(frozen=True)
class Converted:
    """Rows of the published file, those of them that could not be parsed, and the names of the files that were read."""

    rows_published: int
    rows_unreadable: int
    members: tuple[str, ...] = field(default=(), compare=False)
    type_differences: tuple[TypeDifference, ...] = field(default=(), compare=False)

    @property
    def rows(self) -> int:
        """Rows in the Parquet file."""
        return self.rows_published - self.rows_unreadable


@dataclass(frozen=True)
class Transformed:
    """What dbt ran to build a month: models, tests and the seconds they took, together with other months' or alone."""

    models: int
    tests: int
    seconds: float


@dataclass(frozen=True)
class Content:
    """What a table holds, of a month or in all: its rows, and a digest of them that does not depend on their order.

    ``rows`` is None for a view. ``digest`` is empty where none was computed.
    """

    rows: int | None
    digest: str = ""


def result_of(kind: type[T], record: Mapping[str, Any]) -> T:
    """The result that a receipt's record stores; its other entries are ignored."""
    values = {one.name: record[one.name] for one in fields(kind) if one.name in record}
    if "type_differences" in values:
        values["type_differences"] = tuple(TypeDifference(**one) for one in values["type_differences"])
    return kind(**values)
