"""The maintenance window, in which no weather is downloaded."""

from datetime import time

import pytest

from pipeline.errors import BadInput
from pipeline.operations.weather import is_within


@pytest.mark.parametrize(
    ("now", "window", "within"),
    [
        (time(2, 59), "03:00-04:00", False),
        (time(3), "03:00-04:00", True),
        (time(4), "03:00-04:00", False),
        (time(23, 30), "23:00-01:00", True),
        (time(0, 30), "23:00-01:00", True),
        (time(12), "23:00-01:00", False),
        (time(3), "", False),
    ],
)
def test_the_maintenance_window_is_half_open_and_may_include_midnight(now: time, window: str, within: bool) -> None:
    assert is_within(now, window) is within


def test_an_invalid_window_is_refused() -> None:
    with pytest.raises(BadInput, match="must be written as 03:00-04:00"):
        is_within(time(3), "3 to 4")
