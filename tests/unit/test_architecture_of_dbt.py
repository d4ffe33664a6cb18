"""The rules of the dbt project that no linter checks: dbt Labs' style guide, and what is declared where."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from pipeline.metrics.conditions import CONDITIONS
from pipeline.project import DBT
from pipeline.sources import read_yaml, sources

MODELS = {path.stem: path for path in sorted((DBT / "models").rglob("*.sql"))}
YAML = {path: read_yaml(path) for path in sorted((DBT / "models").rglob("*.yml"))}
DECLARED = {model["name"]: (path, model) for path, file in YAML.items() for model in file.get("models", [])}
SQL = [path for path in DBT.rglob("*.sql") if "target" not in path.parts]
BUILT_IN = {
    "view",
    "table",
    "incremental",
    "ephemeral",
    "materialized_view",
    "seed",
    "snapshot",
    "clone",
    "test",
    "unit",
}
SOURCE = re.compile(r"\bsource\(\s*'(\w+)',\s*'(\w+)'\s*\)")
REF = re.compile(r"\bref\(\s*'(\w+)'\s*\)")


def relative(path: Path) -> str:
    return str(path.relative_to(DBT))


def staged_by(model: str) -> Iterator[tuple[str, str]]:
    """The published tables that a staging model reads, by itself or by its base models."""
    text = MODELS[model].read_text()
    yield from SOURCE.findall(text)
    for other in REF.findall(text):
        yield from staged_by(other)


def declared_tables() -> dict[tuple[str, str], dict[str, Any]]:
    """The sources that are declared to dbt, by publisher and name."""
    return {
        (source["name"], table["name"]): table | {"schema": source["schema"]}
        for file in YAML.values()
        for source in file.get("sources", [])
        for table in source["tables"]
    }


@pytest.mark.parametrize("name", sources())
def test_every_source_is_declared_to_dbt_and_read_by_its_staging_model(name: str) -> None:
    source = sources()[name]
    key = (source.publisher.name, name)
    assert declared_tables()[key]["schema"] == "raw_data"
    assert MODELS[source.staging_model_name].is_relative_to(DBT / "models/staging")
    assert key in staged_by(source.staging_model_name)


def test_dbt_declares_no_other_sources_but_the_pipelines_own_tables() -> None:
    published = {(source.publisher.name, name) for name, source in sources().items()}
    assert {publisher for publisher, _ in declared_tables().keys() - published} == {"pipeline"}


def test_a_source_is_late_for_dbt_a_month_and_its_lag_after_its_newest_month() -> None:
    configs = {name: table["config"] for (_, name), table in declared_tables().items() if "config" in table}
    limits = {name: config["freshness"]["warn_after"] for name, config in configs.items()}
    assert limits == {
        name: {"count": 31 + source.lag_days[1], "period": "day"}
        for name, source in sources().items()
        if not source.static
    }
    assert {config["loaded_at_query"] for config in configs.values()} == {"{{ end_of_newest_month() }}"}


def test_dbt_and_the_estimation_name_the_same_conditions() -> None:
    project = read_yaml(DBT / "dbt_project.yml")
    assert tuple(project["vars"]["weather_conditions"]) == CONDITIONS


def test_source_is_used_in_staging_alone_and_once_for_a_table() -> None:
    used = {path: SOURCE.findall(path.read_text()) for path in SQL}
    for path, tables in used.items():
        assert not tables or path.is_relative_to(DBT / "models/staging"), f"{relative(path)} reads a source"
        assert len(tables) <= 1, f"{relative(path)} reads {len(tables)} sources"
    assert Counter(table for tables in used.values() for table in tables) == Counter(declared_tables().keys())


@pytest.mark.parametrize("name", [*MODELS])
def test_a_model_reads_other_models_in_its_first_ctes_and_ends_in_select_from_one(name: str) -> None:
    text = MODELS[name].read_text()
    reads = re.findall(r".*\{\{ (?:ref|source)\(.*", text)
    assert all(re.match(r"    select \* from \{\{ (ref|source)\(.*\) \}\}$", line) for line in reads), reads
    ctes = re.findall(r"^(?:with |)(\S.*) as \(\n\n    (.*)", text, flags=re.MULTILINE)
    imports = ["{{ ref(" in first or "{{ source(" in first for _, first in ctes]
    assert [kind for kind, _ in groupby(imports)] in ([True], [True, False], [False]), f"{name}: import CTEs come first"
    last = text.rstrip().splitlines()[-1].removesuffix(" -- noqa: AM04")
    assert re.fullmatch(r"select \* from \w+", last)
    assert last.split()[-1] in {"final", "renamed", ctes[-1][0]}


@pytest.mark.parametrize("name", [*MODELS])
def test_a_view_of_the_months_of_a_run_has_a_tag_so_that_every_run_replaces_it(name: str) -> None:
    text = MODELS[name].read_text()
    is_of_months = re.search(r"\b(in_months|in_hours_of_months|replaced_hours|months_to_build)\(", text) is not None
    is_table = re.search("materialized='(monthly|hourly)'", text) or MODELS[name].parent.name == "audit"
    assert ("tags=['of_months']" in text) == (is_of_months and not is_table)


def test_no_built_in_materialization_is_replaced() -> None:
    own = {name for path in SQL for name in re.findall(r"\{% materialization (\w+)", path.read_text())}
    assert own and not own & BUILT_IN


@pytest.mark.parametrize("name", [*MODELS])
def test_a_model_is_described_beside_it_with_its_grain_and_a_tested_key(name: str) -> None:
    path, model = DECLARED[name]
    assert path.parent == MODELS[name].parent
    assert model["description"].startswith("One row per "), model["description"]
    tests = [*model.get("data_tests", [])]
    tests += [test for column in model.get("columns", []) for test in column.get("data_tests", [])]
    names = {test if isinstance(test, str) else next(iter(test)) for test in tests}
    assert names & {"unique", "unique_combination"}, f"{name} has no tested key"


def test_every_model_in_the_yaml_exists() -> None:
    assert DECLARED.keys() == MODELS.keys()


def test_a_column_is_described_once() -> None:
    """Columns of the same meaning share a block of columns.md."""
    texts = [
        (column["name"], column["description"])
        for _, model in DECLARED.values()
        for column in model.get("columns", [])
        if "doc(" not in column.get("description", "doc(")
    ]
    assert [text for text, count in Counter(texts).items() if count > 1] == []


def test_every_block_of_columns_is_used() -> None:
    text = (DBT / "models/columns.md").read_text()
    blocks = set(re.findall(r"\{% docs (\w+) %\}", text))
    used = {name for path in YAML for name in re.findall(r"doc\('(\w+)'\)", path.read_text())}
    assert blocks == used


@pytest.mark.parametrize("path", [*SQL, *YAML, *DBT.glob("*.yml")], ids=relative)
def test_lines_are_at_most_100_characters_and_mappings_in_block_style(path: Path) -> None:
    for line in path.read_text().splitlines():
        assert len(line) <= 100, line
        assert path.suffix == ".sql" or not re.match(r"\s*(- |[\w+]+: )\{(?!\{)", line), line
