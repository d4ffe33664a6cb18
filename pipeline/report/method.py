"""The page that says how the effects of weather are estimated, what is assumed, and what they cannot say."""

from pipeline.report.pages import publishers_of
from pipeline.report.words import template
from pipeline.sources import sources


def method_page() -> str:
    return template("method.html.j2").render(publishers=publishers_of(list(sources())))
