"""The tree of errors: what the command line and the log take for an error of the project."""

import pickle
import re

import pytest

from pipeline import errors

TREE = [kind for kind in vars(errors).values() if isinstance(kind, type)]


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_is_a_mobility_error_and_keeps_its_text_between_processes(kind: type[Exception]) -> None:
    assert issubclass(kind, errors.MobilityError)
    error = pickle.loads(pickle.dumps(kind("2024-01 citibike: no zip")))
    assert (type(error), str(error)) == (kind, "2024-01 citibike: no zip")


def test_the_documented_tree_is_that_of_the_classes() -> None:
    """A line's parent is the nearest line above it that is indented less."""
    above: list[tuple[int, str]] = []
    documented: list[type[Exception]] = []
    for line in re.findall(r"^    [│├└─ ]*[A-Z]\w+  ", errors.__doc__ or "", flags=re.MULTILINE):
        name, indent = line.split()[-1], re.search("[A-Z]", line)
        assert indent
        above = [(column, parent) for column, parent in above if column < indent.start()]
        if above:
            assert vars(errors)[name].__base__.__name__ == above[-1][1]
        above.append((indent.start(), name))
        documented.append(vars(errors)[name])
    assert set(documented) == set(TREE)
