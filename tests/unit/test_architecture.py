"""The rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.sources import CONFIG, sources

HERE = Path(__file__).parent.parent.parent
PIPELINE = HERE / "pipeline"
ROOMS = ["download", "reissue", "convert", "warehouse", "transform", "quality", "publish", "metrics", "report"]
FREE = {"errors", "sources", "duck", "project", "progress", "archive", "formats", "shapes", "web"}
"""What a room may import of the pipeline: facts, and how files of one format are read."""
HEAVY = {
    "metricflow",
    "statsmodels",
    "numpy",
    "great_expectations",
    "dbt",
    "altair",
    "pandas",
    "vl_convert",
    "pyarrow",
    "pyproj",
    "shapefile",
}


def modules_of(room: str) -> list[Path]:
    path = PIPELINE / room
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def imported(path: Path, at_the_top_only: bool = False) -> set[str]:
    """What a module imports, whole names: ``pipeline.sources``, ``luigi``."""
    tree = ast.parse(path.read_text())
    nodes = tree.body if at_the_top_only else list(ast.walk(tree))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            within = {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "pipeline" else set()
            names |= within or {node.module}
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_no_other_room_and_no_luigi(room: str) -> None:
    for path in modules_of(room):
        for name in imported(path):
            top, _, rest = name.partition(".")
            assert top != "luigi", f"{path}: rooms take paths and months, not tasks"
            if top == "pipeline":
                assert rest.split(".")[0] in FREE | {room}, f"{path} imports {name}"


def test_sources_and_errors_import_nothing_of_the_house_but_each_other() -> None:
    for name in ("sources", "errors"):
        ours = {one for one in imported(PIPELINE / f"{name}.py") if one.startswith("pipeline")}
        assert ours <= {"pipeline.errors"}


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    for path in PIPELINE.rglob("*.py"):
        tops = {name.split(".")[0] for name in imported(path, at_the_top_only=True)}
        assert not tops & HEAVY, f"{path} imports {tops & HEAVY} at its top"


def test_a_run_with_nothing_to_do_does_not_even_import_duckdb() -> None:
    code = "import pipeline, sys; print(sorted({'duckdb', 'pandas', 'great_expectations', 'dbt'} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=HERE, text=True, capture_output=True, check=True)
    assert ended.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sources())
def test_every_source_is_read_by_a_staging_model(name: str) -> None:
    models = [path.read_text() for path in (HERE / "dbt/models").rglob("*.sql")]
    reads = re.compile(rf"source\(\s*'raw_data',\s*'{name}'\s*\)")
    assert any(reads.search(model) for model in models), f"no model reads {name}"


@pytest.mark.parametrize("name", sources())
def test_every_source_is_declared_to_dbt(name: str) -> None:
    declared = yaml.safe_load((HERE / "dbt/models/sources.yml").read_text())
    assert name in {table["name"] for source in declared["sources"] for table in source["tables"]}


def suites() -> dict[str, dict[str, Any]]:
    return {path.stem: yaml.safe_load(path.read_text()) for path in (CONFIG / "expectations").glob("*.yaml")}


def test_every_suite_is_of_a_model_that_exists() -> None:
    models = {path.stem for path in (HERE / "dbt/models").rglob("*.sql")}
    for name, suite in suites().items():
        assert suite["model"].split(".")[1] == name.removesuffix("__by_source")
        assert suite["model"].split(".")[1] in models


@pytest.mark.parametrize("name", [name for name, source in sources().items() if source.kind == "trips"])
def test_every_source_of_trips_is_judged_as_published_by_itself_and_against_its_history(name: str) -> None:
    judging = {suite for suite, declared in suites().items() if name in declared.get("sources", [])}
    assert {"fct_trips__by_source", "month_profile"} < judging
    assert any(suite.startswith("stg_") for suite in judging), f"{name} has no suite of its staging model"


def test_every_unit_test_is_named_for_a_module() -> None:
    for path in (HERE / "tests/unit").glob("test_*.py"):
        name = path.stem.removeprefix("test_")
        room = name.split("_")[0]  # a room of many files has tests for what they are about
        found = [(PIPELINE / name).with_suffix(".py"), PIPELINE / room]
        assert name == "house" or any(one.exists() for one in found), path


def test_the_lock_file_has_hashes_and_no_index() -> None:
    text = (HERE / "requirements.lock").read_text()
    assert not re.search(r"https?://|^--|index", re.sub(r"^#.*", "", text, flags=re.MULTILINE), flags=re.MULTILINE)
    pins = re.findall(r"^\S+==\S+.*?(?=^\S|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    assert len(pins) > 50
    assert all("--hash=sha256:" in pin for pin in pins)


def test_files_are_known_for_one_room() -> None:
    for path in [*PIPELINE.rglob("*.py"), *(HERE / "tests").rglob("*.py"), *(HERE / "dbt").rglob("*.sql")]:
        assert len(path.read_text().splitlines()) <= 300, f"{path}: is it one room?"


def test_a_source_is_late_for_dbt_a_month_and_its_lag_after_its_newest_month() -> None:
    declared = yaml.safe_load((HERE / "dbt/models/sources.yml").read_text())["sources"][0]["tables"]
    limits = {
        table["name"]: table["config"]["freshness"]["warn_after"]["count"] for table in declared if "config" in table
    }
    assert limits == {name: 31 + source.lag_days[1] for name, source in sources().items() if not source.static}
