"""Text of publishers as error lines and logs show it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BadFile
from pipeline.printable import printable, printable_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Citi Bike — 20 °C", "Citi Bike — 20 °C"),
        ("one\n 12:00:00 ERROR another\tline\r\n", "one 12:00:00 ERROR another line"),
        ("\x1b[31mred\x07\x00", r"\x1b[31mred\x07\x00"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("half a pair \ud800", r"half a pair \ud800"),
        ("https://me:secret@host/a?token=secret", "https://host/a?token=***"),
        ("with url: /v1/archive?latitude=40.7&apikey=secret (1)", "with url: /v1/archive?latitude=40.7&apikey=*** (1)"),
        ("//me:se/cret", "//me:se/cret"),
        ("https://host/a?token=se:cret: is refused", "https://host/a?token=***: is refused"),
        ("/a?sig=2&hourly=rain,snow&t=1", "/a?sig=***&hourly=rain,snow&t=***"),
    ],
)
def test_control_characters_and_secrets_are_not_shown(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert str(BadFile(text)) == shown


@given(st.text())
def test_any_text_becomes_one_line_that_can_be_printed(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)
    printable(text).encode()


def test_lines_of_a_stack_trace_stay() -> None:
    assert printable_lines('Traceback:\n  File "a.py"\n\t\x1b[2J') == 'Traceback:\n  File "a.py"\n        \\x1b[2J'
