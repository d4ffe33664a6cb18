"""The page that says how the effects of weather are estimated, what is assumed, and what they cannot say."""

from pipeline.report.words import template


def method_page() -> str:
    return template("method.html.j2").render()
