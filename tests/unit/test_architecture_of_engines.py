"""Models, tests and fixtures of the dbt project have no SQL that one engine alone can run, or runs with another result.

This reads text, so that it needs neither engine. ``tests/integration/test_spark.py`` runs all of it on both.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.project import DBT
from pipeline.sources import read_yaml

PORTABLE = {
    *("abs", "avg", "cast", "chr", "coalesce", "concat", "concat_ws", "count", "extract", "floor", "lag", "lead"),
    *("lower", "max", "max_by", "min", "min_by", "nullif", "round", "row_number", "sum", "trim"),
    *("decimal", "exists", "in", "over", "as", "and", "or", "not", "on", "from", "then", "when", "values", "t"),
}
"""Functions, and words before a parenthesis, that mean the same on DuckDB and on Spark."""
OF_ONE_ENGINE = {
    r"::": "a cast by ::, which is cast(… as …)",
    r"\btext\b|\bvarchar\b(?!\()": "a type of one engine, which is {{ dbt.type_string() }}, or string in a fixture",
    r'(?<=\s)"[^"]*"': "a name in double quotes, which is adapter.quote(…)",
    r"\[": "a list, or an element of one, which is list_of(…)",
    r"\bfilter\s*\(": "filter (where …), which is sum(case when … end)",
    r"\bgroup by all\b|\border by all\b": "by all, which names the columns",
    r"\bselect distinct on\b": "distinct on, which is row_number()",
    r"\*\s+(exclude|replace|except)\b": "a star with exceptions, which names the columns",
    r"\bilike\b": "ilike, which is lower(…) like",
    r"\bunion all by name\b|\bunion by name\b": "union by name, which names the columns",
    r"\b(asof|anti|semi) join\b": "a join of one engine",
    r"/ *\d+\.\d+\b(?! *e)(?!\d)": "a division by a decimal, which is by a double (6e7), except of a double",
    r"\bround\s*\([^()]*,": "round(…) to decimals, which is round_to(…)",
    r"\bas (bigint|integer|smallint)\)\s*/": "a division of whole numbers",
}
"""Constructs, each with what they are and what stands for them."""
DIVIDED_DOUBLES = {"snowfall / 0.7", "weather.wind_speed_ms / 0.44704"}
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
STRINGS = re.compile(r"'(?:[^']|'')*'")
COMMENTS = re.compile(r"--.*")


def texts() -> Iterator[tuple[str, str]]:
    """The SQL of each model and test, and of each fixture of a unit test, by its name."""
    for path in sorted([*DBT.glob("models/**/*.sql"), *DBT.glob("tests/*.sql")]):
        yield path.stem, path.read_text()
    for path in sorted(DBT.glob("models/**/*.yml")):
        for test in read_yaml(path).get("unit_tests", []):
            fixtures = [*test["given"], test["expect"]]
            sql = [fixture["rows"] for fixture in fixtures if fixture.get("format") == "sql"]
            yield f"{path.stem}: {test['name']}", "\n".join(sql)


def constructs_of_one_engine(text: str) -> Iterator[str]:
    """What the SQL has that only one engine can run, or that they run with different results."""
    for kept in DIVIDED_DOUBLES:
        text = text.replace(kept, "")
    text = STRINGS.sub("''", COMMENTS.sub("", JINJA.sub("jinja", text)))
    for pattern, meaning in OF_ONE_ENGINE.items():
        if found := re.search(pattern, text):
            yield f"{found[0].strip()}: {meaning}"
    ctes = set(re.findall(r"\b(\w+) as \(", text))
    for name in sorted(set(re.findall(r"\b([a-z_][a-z0-9_]*)\s*\(", text)) - PORTABLE - ctes):
        yield f"{name}(): a macro with adapter.dispatch, or a name in PORTABLE if both engines have it"


@pytest.mark.parametrize(("name", "text"), [*texts()], ids=[name for name, _ in texts()])
def test_models_and_fixtures_run_on_both_engines(name: str, text: str) -> None:
    assert [f"{name}: {found}" for found in constructs_of_one_engine(text)] == []


@pytest.mark.parametrize(
    ("sql", "construct"),
    [
        ("select a::date from t", "::"),
        ("select epoch_us(a) from t", "epoch_us()"),
        ("select cast(a as varchar) from t", "varchar"),
        ("select sum(a) filter (where b) from t", "filter ("),
        ("select * exclude (a) from t", "* exclude"),
        ("select a / 60.0 from t", "/ 60.0"),
        ("select round(a, 2) from t", "round(a,"),
        ('select "birth year" from t', '"birth year"'),
        ("select [1, 2] as a from t", "["),
        ("select a from t group by all", "group by all"),
    ],
)
def test_a_construct_of_one_engine_is_named(sql: str, construct: str) -> None:
    assert next(found.split(": ")[0] for found in constructs_of_one_engine(sql)) == construct


@pytest.mark.parametrize("path", sorted(DBT.glob("macros/**/*.sql")), ids=lambda path: path.stem)
def test_a_macro_that_is_dispatched_has_a_version_for_each_engine(path: Path) -> None:
    text = path.read_text()
    for name in re.findall(r"adapter\.dispatch\('(\w+)'\)", text):
        versions = set(re.findall(rf"macro (duckdb|spark|default)__{name}\(", text))
        assert "default" in versions or versions == {"duckdb", "spark"}, f"{name} has {versions}"
    assert "target.type" not in text


def test_no_model_asks_for_the_engine() -> None:
    assert [name for name, text in texts() if "target." in text] == []
