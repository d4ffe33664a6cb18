"""Numbers of the hours -> one line chart a mode, as inline SVG that takes its colours from the page."""

from html import escape
from typing import Any

WEATHERS = ("dry", "wet")

# Colours are the page's custom properties, so that one drawing serves light and dark. Wet hours are dashed as well:
# nobody has to tell colours apart.
CONFIG = {
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "currentColor",
        "labelFontSize": 12,
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
    },
}


def hours_chart(title: str, hours: list[dict[str, Any]]) -> str:
    """Mean trips in an hour by hour of day, dry against wet; ``hours`` has hour_of_day, weather and trips_per_hour."""
    import vl_convert

    return accessible(vl_convert.vegalite_to_svg(specification(hours)), title, described(hours))


def specification(hours: list[dict[str, Any]]) -> dict[str, Any]:
    by_weather = {"field": "weather", "type": "nominal", "legend": None}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "config": CONFIG,
        "width": 300,
        "height": 170,
        "padding": 2,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {
            "values": [{name: hour[name] for name in ("hour_of_day", "weather", "trips_per_hour")} for hour in hours]
        },
        "mark": {"type": "line", "strokeWidth": 2.5, "strokeCap": "round"},
        "encoding": {
            "x": {
                "field": "hour_of_day",
                "type": "quantitative",
                "scale": {"domain": [0, 23], "nice": False},
                "axis": {
                    "title": None,
                    "grid": False,
                    "values": [0, 6, 12, 18],
                    "labelExpr": "['12 am', '6 am', '12 pm', '6 pm'][datum.value / 6]",
                },
            },
            "y": {
                "field": "trips_per_hour",
                "type": "quantitative",
                "axis": {"title": None, "tickCount": 4, "format": ",~f", "domain": False, "ticks": False},
            },
            "color": by_weather
            | {"scale": {"domain": WEATHERS, "range": [f"var(--{weather})" for weather in WEATHERS]}},
            "strokeDash": by_weather | {"scale": {"domain": WEATHERS, "range": [[1, 0], [5, 4]]}},
        },
    }


def accessible(svg: str, title: str, description: str) -> str:
    """The drawing as one image with a name and a description, not as a hundred shapes."""
    opening, rest = svg.split(">", 1)
    return f'{opening} role="img"><title>{escape(title)}</title><desc>{escape(description)}</desc>{rest}'


def described(hours: list[dict[str, Any]]) -> str:
    sentences = []
    for weather in WEATHERS:
        busiest = max(
            (hour for hour in hours if hour["weather"] == weather),
            key=lambda hour: hour["trips_per_hour"],
            default=None,
        )
        if busiest:
            at, trips = busiest["hour_of_day"], busiest["trips_per_hour"]
            sentences.append(f"{weather.capitalize()} hours peak at {at:02}:00 with {trips:,.0f} trips.")
    return " ".join(sentences)
