"""Links of a month's page: to the pages of the months before and after it, and to its published files."""

import re
from datetime import date
from pathlib import Path

from pipeline.months import parse_month
from pipeline.report.words import month_name

NEIGHBOURS = re.compile(r'(<span class="neighbours">).*?(</span>)')
FORMATS = {".csv": "CSV", ".parquet": "Parquet", ".json": "JSON"}


def with_neighbours(html: str, before: str = "", after: str = "") -> str:
    """The page with links to the months before and after it (``2024-01``) that have pages, in the place for them."""
    arrows = (("prev", before, "← {}"), ("next", after, "{} →"))
    links = [
        f'<a rel="{rel}" href="{name}.html">{text.format(month_name(parse_month(name)))}</a>'
        for rel, name, text in arrows
        if name
    ]
    return NEIGHBOURS.sub(rf"\g<1>{' '.join(links)}\g<2>", html, count=1)


def published_files(published: Path, month: date) -> dict[str, dict[str, str]]:
    """The month's published files by the names of tables, metrics first: the relative link for each format."""
    name = f"month={month:%Y-%m}"
    folders = dict.fromkeys([published / "metrics" / name, *sorted(published.glob(f"*/{name}"))])
    found: dict[str, dict[str, str]] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("[!.]*"))):
        if path.suffix in FORMATS:
            link = f"../published/{path.relative_to(published).as_posix()}"
            found.setdefault(path.stem, {})[FORMATS[path.suffix]] = link
    return found
