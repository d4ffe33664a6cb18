"""The page on which people explore the published metrics: HTML and scripts, which are the same for all data.

The scripts are those of the folder explore/, and Vega, Vega-Lite and Vega-Embed, which draw. The data are in files of
their own, which the page loads when it needs them.
"""

from importlib import resources
from importlib.metadata import distribution
from pathlib import Path

from pipeline.project import VEGA, explore_files
from pipeline.report.explore_links import explore_link
from pipeline.report.words import template

FIRST = ("ask.js", "elements.js")

EXAMPLES = {
    "How many trips are there each day, by mode?": explore_link("total_trips", "metric_time__day", "trip__trip_type"),
    "At which hours of the week do people ride bikes?": explore_link(
        "trips_per_hour", "date__day_name", "time__hour_of_day", chart="heat", trip__trip_type="citibike"
    ),
    "In which zones do trips begin?": explore_link("total_trips", "pickup_location", chart="map"),
    "How much does rain change the trips of each mode, month by month?": explore_link(
        "rain_effect_pct", "metric_time__month", "weather_effect__trip_type"
    ),
    "How does the share of each mode change?": explore_link(
        "total_trips", "metric_time__month", "trip__trip_type", chart="shares"
    ),
    "How fast is traffic at each hour?": explore_link(
        "avg_trip_speed_mph", "time__hour_of_day", "trip__trip_type", chart="multiples"
    ),
    "How many trips per hour are there in rain, in snow and in dry weather?": explore_link(
        "trips_per_hour", "weather__precipitation_type", "trip__trip_type", chart="multiples"
    ),
    "What do passengers pay, by borough?": explore_link("total_revenue", "pickup_location__borough", "trip__trip_type"),
}
"""Questions, and the view that answers each."""


def explore_pages() -> dict[str, str]:
    """The contents of the files by their names: the page, its scripts, and Vega's."""
    return {
        "explore.html": template("explore.html.j2").render(examples=EXAMPLES),
        "explore/explore.js": "\n".join(path.read_text() for path in scripts()),
        "explore/vega.js": vega(),
    }


def scripts() -> list[Path]:
    """The page's own scripts, first those whose functions the others use as they are read."""
    found = [path for path in explore_files() if path.suffix == ".js"]
    return sorted(found, key=lambda path: (path.name not in FIRST, path.name))


def vega() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, after the licence that must accompany them."""
    licence = next(path for path in distribution(VEGA).files or () if path.name == "LICENSE").read_text()
    bundle = resources.files("js_lib_vega_embed") / "static/js_lib_vega_embed/vega-embed-full.js"
    comment = "\n".join(f" * {line}".rstrip() for line in licence.strip().splitlines())
    return f"/*!\n * Vega, Vega-Lite and Vega-Embed, https://vega.github.io\n *\n{comment}\n */\n{bundle.read_text()}"
