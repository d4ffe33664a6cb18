"""Published Parquet -> the month's page and the index of all months: HTML that works without network and scripts."""

from pipeline.report.links import with_neighbours
from pipeline.report.method import method_page
from pipeline.report.pages import catalogue, checks_link, index, page

__all__ = ["catalogue", "checks_link", "index", "method_page", "page", "with_neighbours"]
