"""What a journal knows after a run was killed."""

from pathlib import Path

from pipeline.publication.journal import Journal
from pipeline.publication.objects import Object

ONE, OTHER = Object(1, "abc"), Object(2, "def")


def test_the_last_line_of_a_name_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "2024-01.jsonl", "s3://bucket")
    assert journal.known() is None
    journal.begin({"a": ONE, "b": ONE})
    journal.note("a", OTHER)
    journal.note("b", None)
    assert journal.known() == {"a": OTHER, "b": None}
    journal.end()
    assert journal.known() is None


def test_a_line_that_a_kill_has_cut_off_does_not_count(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "2024-01.jsonl", "s3://bucket")
    journal.begin({"a": ONE})
    with journal.path.open("a") as file:
        file.write('{"name": "b", "byt')
    assert journal.known() == {"a": ONE}


def test_what_lies_at_another_address_is_not_known(tmp_path: Path) -> None:
    Journal(tmp_path / "2024-01.jsonl", "s3://bucket").begin({"a": ONE})
    assert Journal(tmp_path / "2024-01.jsonl", "s3://other").known() is None
