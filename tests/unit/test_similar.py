"""Suggestions for a name that is not known."""

import pytest

from pipeline.similar import suggestion


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("monht", "did you mean month? "),
        ("citybike", "did you mean citibike or citibike_jc? "),
        ("CITIBIKE_JC", "did you mean citibike_jc or citibike? "),
        ("xyz", ""),
        ("", ""),
    ],
)
def test_the_most_similar_names_are_suggested(name: str, expected: str) -> None:
    assert suggestion(name, {"month", "citibike", "citibike_jc", "weather"}) == expected


def test_of_many_similar_names_as_many_as_wanted_are_suggested() -> None:
    names = [f"total_trips_{number}" for number in range(5)]
    assert suggestion("total_trips", names, most=1).count("total_trips_") == 1
    assert suggestion("total_trips", names).count("total_trips_") == 3
