"""The sources of a month, by the sources' YAML and the loaded files."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipeline import sources as facts
from pipeline.errors import BadInput
from pipeline.paths import path_for
from pipeline.project import CONFIG
from pipeline.tasks import selection

MONTH, STATIC = date(2024, 1, 1), "taxi_zone_polygons"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the declared sources, to change, and an empty data folder."""
    shutil.copytree(CONFIG, tmp_path / "config")
    monkeypatch.setattr(facts, "CONFIG", tmp_path / "config")
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("MOBILITY_SOURCES", raising=False)
    facts.sources.cache_clear()
    yield tmp_path / "config"
    facts.sources.cache_clear()


def switch_off(config: Path, name: str) -> None:
    path = config / f"sources/{name}.yaml"
    path.write_text(path.read_text().replace("enabled: true", "enabled: false"))
    facts.sources.cache_clear()


def names(source_names: tuple[str, ...]) -> list[str]:
    return [source.name for source in selection.sources_of(MONTH, source_names)]


def test_sources_of_every_month_need_not_be_named(config: Path) -> None:
    assert names(("green_taxi",)) == ["green_taxi", STATIC, "taxi_zones", "weather"]


def test_a_month_before_all_of_its_sources_is_refused(config: Path) -> None:
    before = date(2013, 6, 1)
    selection.check_begun([MONTH, before], ("green_taxi", "citibike"))
    begins = "citibike_jc begins with 2015-09, green_taxi begins with 2013-08"
    with pytest.raises(BadInput, match=f"^month 2013-06: before the first month of its sources: {begins}$"):
        selection.check_begun([MONTH, before], ("green_taxi", "citibike_jc"))


@pytest.mark.parametrize("name", [STATIC, "taxi_zones", "weather"])
def test_a_disabled_source_is_not_required_unless_it_is_named(config: Path, name: str) -> None:
    switch_off(config, name)
    assert name not in facts.default_names()
    assert name not in names(("green_taxi",))
    assert name in names(("green_taxi", name))


def test_a_month_is_built_from_its_loaded_sources_by_the_command_that_names_them(config: Path) -> None:
    assert selection.command_to_build(MONTH) == "./run.sh month 2024-01"
    for name in ("citibike_jc", "green_taxi", "weather"):
        receipt = path_for("warehouse/loaded", MONTH, ".json", name)
        receipt.parent.mkdir(parents=True)
        receipt.write_text("{}")
    assert selection.command_to_build(MONTH) == "./run.sh month 2024-01 --sources citibike_jc,green_taxi"


def test_a_loaded_source_stays_part_of_the_month_when_it_is_disabled(config: Path) -> None:
    switch_off(config, STATIC)
    receipt = path_for("warehouse/loaded", "static", ".json", STATIC)
    receipt.parent.mkdir(parents=True)
    receipt.write_text("{}")
    assert STATIC in names(("green_taxi",))


def test_to_run_a_month_again_no_publisher_is_asked_for_what_it_was_not_built_from(
    config: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TLC_URL", "http://127.0.0.1:1")
    receipt = path_for("warehouse/loaded", MONTH, ".json", "citibike_jc")
    receipt.parent.mkdir(parents=True)
    receipt.write_text("{}")
    assert selection.source_names_for(MONTH, ("yellow_taxi", "fhv_taxi")) == ("citibike_jc",)
    assert not caplog.records  # a publisher that cannot be reached would have one
