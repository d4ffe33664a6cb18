"""Progress that is reported to the step that is running."""

import pytest

from pipeline import progress


def test_the_innermost_step_is_reported() -> None:
    reported: list[tuple[str, int, int]] = []
    progress.report(1, 2)  # nobody listens
    with progress.listening(lambda done, total: reported.append(("outer", done, total))):
        with progress.listening(lambda done, total: reported.append(("inner", done, total))):
            progress.report(1, 3)
        progress.report(2, 3)
    progress.report(3, 3)
    assert reported == [("inner", 1, 3), ("outer", 2, 3)]


def test_a_step_that_failed_gets_no_more_progress() -> None:
    reported: list[tuple[int, int]] = []
    with pytest.raises(ValueError, match="no"), progress.listening(lambda *counts: reported.append(counts)):
        raise ValueError("no")
    progress.report(1, 2)
    assert reported == []


def test_a_counter_reports_how_many_of_the_total_are_done() -> None:
    reported: list[tuple[int, int]] = []
    with progress.listening(lambda *counts: reported.append(counts)):
        count = progress.counter(2)
        count()
        count()
    assert reported == [(1, 2), (2, 2)]
