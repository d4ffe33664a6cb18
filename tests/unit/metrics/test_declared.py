"""The declared metrics and the digest of what they are computed by."""

import json
import re
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from pipeline.metrics import declared
from pipeline.metrics.declared import CORE, definitions, digest
from pipeline.sources import read_yaml
from tests.conftest import HERE


def test_every_metric_has_a_label_a_description_a_unit_and_a_formula() -> None:
    assert len(definitions()) > 50
    for metric in definitions().values():
        assert all((metric.label, metric.description, metric.category, metric.unit, metric.formula)), metric


def test_metrics_are_in_the_order_of_their_categories_with_building_blocks_last() -> None:
    categories = [category for category, _ in groupby(metric.category for metric in definitions().values())]
    assert categories == [*sorted({*categories} - {"building block"}), "building block"]


def test_saved_queries_ask_for_declared_metrics() -> None:
    queries = {query["name"]: query for query in read_yaml(CORE / "metrics/saved_queries.yml")["saved_queries"]}
    assert "headline" in queries
    for query in queries.values():
        assert set(query["query_params"]["metrics"]) <= set(definitions())


def test_every_measure_of_trips_is_that_of_the_metric_of_its_name() -> None:
    (model,) = read_yaml(CORE / "semantic_models/trips.yml")["semantic_models"]
    used = {name for path in (CORE / "metrics").glob("*.yml") for name in measures_of(read_yaml(path))}
    assert {measure["name"] for measure in model["measures"]} == {name for name in used if name in definitions()}


def measures_of(file: dict[str, list[dict[str, dict[str, object]]]]) -> list[str]:
    measures = [metric["type_params"].get("measure") for metric in file.get("metrics", [])]
    return [str(measure["name"] if isinstance(measure, dict) else measure) for measure in measures if measure]


def test_the_digest_changes_with_a_declaration_and_with_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for folder in declared.FOLDERS:
        (tmp_path / folder).mkdir()
    file = tmp_path / "metrics/core.yml"
    file.write_text(json.dumps({"metrics": []}))
    monkeypatch.setattr(declared, "CORE", tmp_path)
    before = digest.__wrapped__()
    file.write_text(json.dumps({"metrics": [{}]}))
    after = digest.__wrapped__()
    assert len(before) == 16
    assert before != after


def test_the_documentation_counts_the_metrics_by_category() -> None:
    counted = Counter(metric.category for metric in definitions().values())
    text = (HERE / "docs/metrics.md").read_text()
    rows = re.findall(r"^\| ([a-z ]+) \| (\d+) \| ", text, re.MULTILINE)
    assert {category: int(number) for category, number in rows} == counted
    others = ("weather effect", "typical trip", "building block")
    assert sum(number for category, number in counted.items() if category not in others) == 50
    for page in (text, (HERE / "README.md").read_text()):
        assert re.search(r"[Ff]ifty", page) and f" {len(definitions())}" in page
