"""Addresses of views of the Explore page."""

from datetime import date

from pipeline.report.explore_links import explore_link


def test_an_address_names_the_metric_the_dimensions_the_month_and_the_filter() -> None:
    by = ("pickup_location__zone_name", "trip__trip_type")
    assert explore_link("total_trips", *by, month=date(2024, 1, 1), chart="map", trip__trip_type="citibike") == (
        "explore.html#metric=total_trips&by=pickup_location__zone_name,trip__trip_type&months=2024-01..2024-01&chart=map"
        "&trip__trip_type=citibike"
    )


def test_what_is_not_given_is_left_to_the_page_and_values_are_quoted() -> None:
    link = explore_link("total_trips", pickup_location__zone_name="Governor's Island & more")
    assert link == "explore.html#metric=total_trips&pickup_location__zone_name=Governor%27s%20Island%20%26%20more"
