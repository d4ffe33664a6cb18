"""Published Parquet -> the month's page and the index of all months: HTML that works without network and scripts."""

from pipeline.report.docs import docs_pages, write_pages
from pipeline.report.explore_page import explore_pages
from pipeline.report.links import with_neighbours
from pipeline.report.pages import catalogue, checks_link, index, page

__all__ = [
    "catalogue",
    "checks_link",
    "docs_pages",
    "explore_pages",
    "index",
    "page",
    "with_neighbours",
    "write_pages",
]
