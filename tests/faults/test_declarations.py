"""YAML of any bytes is a declaration, or refused in one line that names the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.declarations import read_declaration
from pipeline.errors import BadInput
from pipeline.history.alerts import Rules
from pipeline.quality.suite_files import read_suite
from pipeline.sources import read_source, read_yaml
from tests.conftest import HERE

CONFIG = HERE / "config"
IN_A_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def read_rules(path: Path) -> Rules:
    return read_declaration(Rules, read_yaml(path), str(path))


READERS: dict[str, Callable[[Path], object]] = {
    "sources/citibike.yaml": read_source,
    "sources/citibike_jc.yaml": read_source,
    "sources/green_taxi.yaml": read_source,
    "sources/weather.yaml": read_source,
    "alerts.yaml": read_rules,
    "expectations/month_profile.yaml": read_suite,
    "expectations/stg_weather__hourly.yaml": read_suite,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a source that others are ``like``."""
    folder = tmp_path_factory.mktemp("config")
    (folder / "citibike.yaml").write_bytes((CONFIG / "sources/citibike.yaml").read_bytes())
    return folder


def check(name: str, content: bytes, folder: Path) -> None:
    path = folder / f"changed_{Path(name).name}"
    path.write_bytes(content)
    try:
        READERS[name](path)
    except BadInput as error:
        assert str(path) in str(error) and str(error).isprintable()


@st.composite
def changed_text(draw: st.DrawFn, name: str) -> bytes:
    """The file with other bytes at a few places, or without its end."""
    content = bytearray((CONFIG / name).read_bytes())
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 8))] = draw(SNIPPETS)
    return bytes(content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content)


MARKS = [b"\t", b"\n", b": ", b"- ", b"&a ", b"*a", b"<<: *a", b"{", b"[", b'"', b"'", b"|", b"~", b"---", b"%YAML 9"]
WORDS = [b"!!python/name:os.system ", b"!!binary ", b"2024-13", b"0x", b".inf", b".nan", b"yes", b"1e400", b"\xff\xfe"]
SNIPPETS = st.binary(max_size=4) | st.sampled_from([*MARKS, *WORDS])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes() | st.binary(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text() | st.integers() | st.none(), values),
    max_leaves=5,
)


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The keys and indexes that lead to each value in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(inner for key, one in items for inner in places(one, (*place, key)))]


@st.composite
def changed_value(draw: st.DrawFn, name: str) -> bytes:
    """The file with another value at one place, or without it, or with a key that it does not have."""
    facts = yaml.safe_load((CONFIG / name).read_bytes())
    *parents, last = draw(st.sampled_from(places(facts)[1:]))
    parent = facts
    for key in parents:
        parent = parent[key]
    if draw(st.booleans()):
        parent[last] = draw(VALUES)
    else:
        value = parent.pop(last)
        if isinstance(parent, dict) and draw(st.booleans()):
            parent[draw(st.text() | st.integers())] = value
    return yaml.safe_dump(facts, allow_unicode=True).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@settings(IN_A_FOLDER, max_examples=30)
def test_any_declaration_is_read_or_refused(name: str, data: st.DataObject, folder: Path) -> None:
    check(name, data.draw(changed_text(name) | changed_value(name) | st.binary(max_size=100)), folder)
