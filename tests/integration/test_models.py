"""What dbt computes, by its own unit tests beside the models: they need a warehouse for the types of columns."""

import json
from collections.abc import Callable

import yaml

from tests.conftest import HERE, Workspace


def test_every_dbt_unit_test_passes(copy_finished: Callable[[], Workspace]) -> None:
    workspace = copy_finished()
    files = [yaml.safe_load(path.read_text()) for path in (HERE / "dbt/models").rglob("*.yml")]
    declared = sum(len(file.get("unit_tests", [])) for file in files)
    ended = workspace.command("dbt", "test", "--select", "test_type:unit")
    assert ended.returncode == 0, ended.stdout
    assert "Unable to do partial parsing" not in ended.stdout, "what dbt has parsed is good for a copy of the folder"
    results = json.loads((workspace.data / "dbt/target/run_results.json").read_text())["results"]
    assert len(results) == declared > 10
    assert {result["status"] for result in results} == {"pass"}


def test_every_key_is_unique(finished: Workspace) -> None:
    """Also the keys whose tests do not run with every month, because they follow from others."""
    ended = finished.command("dbt", "test", "--select", "tag:on_request")
    assert ended.returncode == 0, ended.stdout
    assert "PASS=0" not in ended.stdout
