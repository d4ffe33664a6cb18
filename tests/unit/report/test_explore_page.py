"""The files of the Explore page."""

import re
from typing import Any
from urllib.parse import parse_qs

import pytest

from pipeline import metrics
from pipeline.report import explore_pages
from pipeline.report.explore_page import EXAMPLES, scripts
from tests.unit.report.published_month import ParsedPage


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return explore_pages()


def test_the_page_loads_scripts_of_its_folder_and_nothing_else(pages: dict[str, str]) -> None:
    parsed = ParsedPage(pages["explore.html"])
    loaded = [attributes["src"] for tag, attributes in parsed.tags if tag == "script"]
    assert loaded == ["explore/explore.js", "explore/catalogue.js"]  # the first one adds vega.js
    assert not {tag for tag, _ in parsed.tags} & {"img", "iframe", "object", "embed", "form"}
    assert "url(" not in pages["explore.html"] and "@import" not in pages["explore.html"]
    handlers = [name for _, attributes in parsed.tags for name in attributes if name.startswith("on")]
    assert handlers == []  # the policy of the server forbids scripts in attributes


def test_all_scripts_are_in_one_file_with_the_helpers_first(pages: dict[str, str]) -> None:
    assert [path.name for path in scripts()][:2] == ["ask.js", "elements.js"]
    for path in scripts():
        assert path.read_text() in pages["explore/explore.js"]


def test_no_script_of_the_page_evaluates_text_or_asks_a_network(pages: dict[str, str]) -> None:
    assert not re.search(
        r"\beval\(|new Function|innerHTML|\bfetch\(|XMLHttpRequest|\bimport\b", pages["explore/explore.js"]
    )


def test_the_licence_of_vega_is_kept(pages: dict[str, str]) -> None:
    head = pages["explore/vega.js"][:3000]
    assert head.startswith("/*!") and "University of Washington Interactive Data Lab" in head
    assert "Redistributions in binary form must reproduce the above copyright notice" in head
    assert "vegaEmbed" in pages["explore/vega.js"]


@pytest.mark.parametrize("link", EXAMPLES.values())
def test_each_example_names_a_metric(link: str) -> None:
    asked: dict[str, Any] = parse_qs(link.partition("#")[2])
    assert asked["metric"][0] in metrics.definitions()
