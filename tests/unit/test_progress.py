"""Progress that is told to the step that is running."""

import pytest

from pipeline import progress


def test_the_innermost_step_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    progress.tell(1, 2)  # nobody listens
    with progress.told_to(lambda done, total: told.append(("outer", done, total))):
        with progress.told_to(lambda done, total: told.append(("inner", done, total))):
            progress.tell(1, 3)
        progress.tell(2, 3)
    progress.tell(3, 3)
    assert told == [("inner", 1, 3), ("outer", 2, 3)]


def test_a_step_that_fails_is_told_no_more() -> None:
    told: list[tuple[int, int]] = []
    with pytest.raises(ValueError, match="no"), progress.told_to(lambda *counts: told.append(counts)):
        raise ValueError("no")
    progress.tell(1, 2)
    assert told == []


def test_a_counter_tells_how_many_of_the_total_are_done() -> None:
    told: list[tuple[int, int]] = []
    with progress.told_to(lambda *counts: told.append(counts)):
        count = progress.counter(2)
        count()
        count()
    assert told == [(1, 2), (2, 2)]
