"""Published Parquet -> the month's page and the index of all months: HTML that needs no network and no script."""

from pipeline.report.pages import catalogue, index, page

__all__ = ["catalogue", "index", "page"]
