"""The task of the dbt project: what its receipt goes by, and how it is called in a log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.tasks import describe
from pipeline.tasks.describe import CompileMetrics, Describe
from pipeline.warehouse import dbt


@pytest.fixture(autouse=True)
def computed_anew() -> Iterator[None]:
    yield
    describe.version_of_pages.cache_clear()


def test_it_is_complete_until_the_project_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    task = Describe()
    assert not task.complete()
    task.output().write()
    assert task.complete()
    monkeypatch.setattr(dbt, "project_digest", lambda: "another")
    assert not Describe().complete()


def test_it_is_incomplete_where_a_script_of_the_page_to_explore_with_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    Describe().output().write()
    changed = tmp_path / "page.js"
    changed.write_text("// changed")
    monkeypatch.setattr(describe, "explore_files", lambda: [changed])
    describe.version_of_pages.cache_clear()
    assert not Describe().complete()


def test_it_is_called_by_what_it_does() -> None:
    assert Describe().title == "describing the models and metrics"


def test_the_sql_of_metrics_is_compiled_again_once_the_project_was_described_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    Describe().output().write()
    CompileMetrics().output().write()
    assert CompileMetrics().complete()
    monkeypatch.setattr(dbt, "project_digest", lambda: "another")
    assert not CompileMetrics().complete()
