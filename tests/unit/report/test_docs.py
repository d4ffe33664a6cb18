"""The pages of the documentation: their links, pictures and contents."""

import re
from pathlib import Path

import pytest

from pipeline.project import HERE, documentation
from pipeline.report import docs
from tests.unit.report.published_month import ParsedPage

PAGES = docs.docs_pages()


NAMES = ("README", "CONTRIBUTING", "CHANGELOG")


def test_readme_links_to_every_file_of_the_documentation() -> None:
    assert {*documentation()} == {*HERE.glob("docs/*.md"), *(HERE / f"{name}.md" for name in NAMES)}


@pytest.mark.parametrize("file", documentation(), ids=lambda file: file.name)
def test_links_in_a_file_lead_to_files_and_headings(file: Path) -> None:
    for path, fragment in re.findall(r"\]\((?!\w+:)([^)#]*)(?:#([^)]+))?\)", file.read_text()):
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), path
        if fragment:
            assert f'id="{fragment}"' in docs.html(target, target.read_text()), (path, fragment)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_heading_the_other_pages_and_no_file_but_itself(name: str) -> None:
    page = ParsedPage(PAGES[name])
    assert [tag for tag, _ in page.tags].count("h1") == 1
    local = {link for link in page.links if link and ":" not in link and not link.startswith("#")}
    assert {link.split("#")[0] for link in local} == {*PAGES, "../index.html"}
    pictures = [attributes["src"] for tag, attributes in page.tags if tag == "img"]
    assert all(picture and picture.startswith("data:image/") for picture in pictures)
    assert len(pictures) >= (name == "index.html")


def test_code_is_shown_as_it_is_written(tmp_path: Path) -> None:
    shown = docs.html(tmp_path / "a.md", '```sh\nhref="a.md" <b>  # c\n```\n[a](a.md#b) `x<y`\n')
    assert '<pre><code class="language-sh">href=&quot;a.md&quot; &lt;b&gt;  # c\n</code></pre>' in shown
    assert '<a href="a.html#b">a</a> <code>x&lt;y</code>' in shown


def test_pages_are_written_into_the_folder(tmp_path: Path) -> None:
    written = docs.write_pages(tmp_path / "docs", PAGES)
    assert [path.name for path in written] == [*PAGES]
    assert written[0].read_text() == PAGES["index.html"]


def test_the_method_has_its_references_and_what_the_effects_cannot_say() -> None:
    text = ParsedPage(PAGES["method.html"]).text
    words = ("Bell and McCaffrey", "Hartung", "Benjamini", "What the effects cannot say", "dry hours after six dry")
    assert [word for word in words if word not in text] == []


def test_pages_that_claim_effects_link_to_the_method(html: str) -> None:
    assert 'href="docs/method.html"' in html
