"""Suggestions for a name that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(name: str, known: Iterable[str], most: int = 3) -> str:
    """``did you mean citibike_jc or citibike? ``, with the most similar names; empty where none is similar."""
    *others, last = get_close_matches(name.lower(), sorted(known), most) or [""]
    return f"did you mean {', '.join(others)}{' or ' * bool(others)}{last}? " if last else ""
