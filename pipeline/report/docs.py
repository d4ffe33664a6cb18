"""The Markdown files of the documentation -> pages that need no network."""

import base64
import mimetypes
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from pipeline.paths import atomic_write
from pipeline.project import documentation
from pipeline.report.words import template

ADDRESS = re.compile(r'(?<= )(href|src)="(?!\w+:|#)([^"#]+)(#[^"]*)?"')
"""A relative address in HTML: the attribute, the path, and what follows it."""


def write_pages(folder: Path, pages: Mapping[str, str]) -> list[Path]:
    """Writes pages by their names into the folder, and returns their paths."""
    for name, page in pages.items():
        with atomic_write(folder / name) as part:
            part.write_text(page)
    return [folder / name for name in pages]


def docs_pages() -> dict[str, str]:
    """The pages by the names of their files, in the order in which README.md links to them."""
    texts = {file: file.read_text() for file in documentation()}
    headings = {page_name(file): text.splitlines()[0].removeprefix("# ") for file, text in texts.items()}
    layout = template("docs.html.j2")
    return {
        page_name(file): layout.render(name=page_name(file), headings=headings, content=html(file, text))
        for file, text in texts.items()
    }


def page_name(file: Path) -> str:
    """The name of the page of a file: ``first-steps.html``, and ``index.html`` for README.md."""
    return "index.html" if file.name == "README.md" else f"{file.stem.lower()}.html"


def html(file: Path, text: str) -> str:
    """The HTML of a file's Markdown. It links to pages where the file links to files, and contains its pictures."""
    from markdown import markdown

    converted = markdown(text, extensions=["fenced_code", "sane_lists", "tables", "toc"])
    return ADDRESS.sub(partial(with_address, file.parent), converted.replace("<th>", '<th scope="col">'))


def with_address(folder: Path, match: re.Match[str]) -> str:
    """The attribute with the address that it has in a page; ``folder`` is that of the Markdown file."""
    attribute, path, fragment = match.groups(default="")
    if attribute == "href":
        return f'href="{page_name(Path(path))}{fragment}"'
    content = base64.b64encode((folder / path).read_bytes()).decode()
    return f'src="data:{mimetypes.guess_type(path)[0]};base64,{content}"'
