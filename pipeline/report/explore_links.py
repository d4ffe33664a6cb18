"""Addresses of views of the page explore.html: pipeline/report/explore/state.js reads them."""

from datetime import date
from urllib.parse import quote

PAGE = "explore.html"


def explore_link(metric: str, *by: str, month: date | None = None, chart: str = "", **where: str) -> str:
    """``explore.html#metric=total_trips&by=metric_time__day``: a metric by dimensions, of a month or of the newest.

    ``where``: the value that each dimension is limited to.
    """
    span = f"{month:%Y-%m}..{month:%Y-%m}" if month else ""
    parts = {"metric": metric, "by": ",".join(by), "months": span, "chart": chart} | where
    return f"{PAGE}#" + "&".join(f"{name}={quote(value, safe=',')}" for name, value in parts.items() if value)
