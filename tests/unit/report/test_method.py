"""The page of the method."""

from pipeline.report import method_page
from tests.unit.report.published_month import ParsedPage


def test_the_page_of_the_method_has_its_references_and_what_the_effects_cannot_say() -> None:
    text = ParsedPage(method_page()).text
    for words in (
        "Bell and McCaffrey",
        "Hartung",
        "Benjamini",
        "What the effects cannot say",
        "dry hours after six dry",
    ):
        assert words in text


def test_pages_that_claim_effects_link_to_the_page_of_the_method(html: str) -> None:
    assert 'href="method.html"' in html
