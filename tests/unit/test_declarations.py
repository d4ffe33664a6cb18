"""Declarations: ``construct`` accepts what matches the types exactly, and pydantic describes the rest."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pytest

from pipeline.declarations import CONFIGURATION, construct, read_declaration
from pipeline.errors import BadInput


@dataclass(frozen=True)
class Part:
    __pydantic_config__: ClassVar[dict[str, Any]] = CONFIGURATION
    size: int


@dataclass(frozen=True)
class Whole:
    __pydantic_config__: ClassVar[dict[str, Any]] = CONFIGURATION
    title: str
    share: float
    way: Literal["up", "down"] = "up"
    parts: tuple[Part, ...] = ()
    bounds: tuple[int, int] = (0, 1)
    limit: int | None = None


VALID = {"title": "a", "share": 1, "way": "down", "parts": [{"size": 1}], "bounds": [1, 2], "limit": None}


def test_a_valid_declaration_is_constructed() -> None:
    expected = Whole("a", 1, "down", (Part(1),), (1, 2))
    assert construct(Whole, VALID) == read_declaration(Whole, VALID, "file") == expected


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"title": None}, "title: Input should be a valid string, not None"),
        ({"share": "much"}, "share: Input should be a valid number"),
        ({"way": "left"}, "way: Input should be 'up' or 'down', not 'left'"),
        ({"parts": [{"size": 1}, {"size": 1.5}]}, "parts[1].size: Input should be a valid integer"),
        ({"parts": [{"siz": 1}]}, "parts[0].size: Field required; parts[0].siz: unknown field; did you mean size?"),
        ({"parts": {"size": 1}}, "parts"),
        ({"bounds": [1, 2, 3]}, "bounds: Tuple should have at most 2 items"),
        ({"limit": "none"}, "limit: Input should be a valid integer"),
        ({"titel": "b"}, "titel: unknown field; did you mean title?"),
        ({20: "b"}, "[20]: Keys should be strings, not 20"),
    ],
)
def test_an_invalid_declaration_is_refused_with_its_field(change: dict[Any, Any], complaint: str) -> None:
    with pytest.raises((TypeError, ValueError)):
        construct(Whole, VALID | change)
    with pytest.raises(BadInput) as refused:
        read_declaration(Whole, VALID | change, "file")
    assert str(refused.value).startswith(f"file: {complaint}")


def test_what_pydantic_converts_is_accepted() -> None:
    assert read_declaration(Whole, VALID | {"limit": "5"}, "file").limit == 5
