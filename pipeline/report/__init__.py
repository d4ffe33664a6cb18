"""Published Parquet -> the month's page and the index of all months: HTML that needs no network and no script."""

from pipeline.report.pages import catalogue, checks_beside, index, page

__all__ = ["catalogue", "checks_beside", "index", "page"]
