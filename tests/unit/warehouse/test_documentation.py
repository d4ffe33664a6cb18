"""dbt's documentation: the types of columns, and the overview."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.warehouse.documentation import declared, with_types
from tests.conftest import Workspace

NODE = {
    "resource_type": "model",
    "config": {"materialized": "table"},
    "database": "d",
    "schema": "core",
    "alias": "trips",
    "columns": {"a": {"name": "a", "data_type": "bigint"}, "b": {"name": "b", "data_type": None}},
}


def test_models_that_declare_types_are_in_the_catalogue() -> None:
    untyped = {**NODE, "columns": {"b": {"name": "b", "data_type": None}}}
    nodes = {"model.p.trips": NODE, "model.p.other": untyped, "test.p.t": {**NODE, "resource_type": "test"}}
    found = declared({"nodes": nodes})
    assert [*found] == ["model.p.trips"]
    columns = found["model.p.trips"]["columns"]
    assert [(column["index"], column["name"], column["type"]) for column in columns.values()] == [
        (1, "a", "bigint"),
        (2, "b", None),
    ]


def test_the_catalogue_of_the_page_is_replaced(tmp_path: Path) -> None:
    catalog = json.dumps({"nodes": {}, "sources": {}, "metadata": {}})
    (tmp_path / "catalog.json").write_text(catalog)
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": {"model.p.trips": NODE}}))
    (tmp_path / "static_index.html").write_text(f"<script>n = [{{data: {catalog}}}]</script>")
    page = with_types(tmp_path)
    assert catalog not in page and '"type": "bigint"' in page and page.startswith("<script>n = [{data: {")


@pytest.mark.browser
def test_the_documentation_shows_types_and_where_to_start(finished: Workspace, browser: Any) -> None:
    context = browser.new_context(offline=True)
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    tab.goto((finished.data / "reports/models.html").as_uri())
    tab.get_by_role("heading", name="Tables of NYC mobility and weather").wait_for()
    tab.get_by_role("link", name="core.fct_trips").click()
    tab.get_by_text("avg_speed_mph").first.wait_for()
    rows = tab.locator("tr", has_text="trip_id").all_inner_texts()
    assert any("bigint" in row or "varchar" in row for row in rows), rows
    context.close()
