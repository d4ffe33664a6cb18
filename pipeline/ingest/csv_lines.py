"""Lines of a CSV file, counted in bounded memory before DuckDB reads the file."""

from pathlib import Path

from pipeline.errors import BadFile

MAX_LINE = 1 << 20
"""Bytes of the longest line that is read. A published row has about 200."""
BLOCK = 1 << 20
HEAD = 1 << 12
NO_UTF8 = (b"\xff\xfe", b"\xfe\xff", b"\x00")
r"""UTF-16 begins with the first or the second, or has ``\0`` in every other byte."""


def count_lines(path: Path) -> int:
    r"""The number of lines that are not empty. Lines end with ``\n``, ``\r\n`` or ``\r``.

    Raises BadFile for a line of more than ``MAX_LINE`` bytes, and where the file does not begin as UTF-8 text does.
    """
    count, number, length = 0, 1, 0  # ``length``: the bytes so far of line ``number``
    with path.open("rb") as file:
        check_encoding(path, file.read(HEAD))
        file.seek(0)
        while block := file.read(BLOCK):
            if block.endswith(b"\r"):
                block += file.read(1)
            lines = block.splitlines()
            if (length := length + len(lines[0])) > MAX_LINE:
                raise BadFile(
                    f"{path.name}: line {number:,} is longer than {MAX_LINE:,} bytes, expected rows of about 200 bytes"
                )
            is_open = not block.endswith((b"\n", b"\r"))
            count += len(lines) - lines.count(b"") - is_open
            count += not lines[0] and length > 0  # only its end is in this block
            number += len(lines) - is_open
            length = (length if len(lines) == 1 else len(lines[-1])) if is_open else 0
    return count + bool(length)


def check_encoding(path: Path, head: bytes) -> None:
    """Raises BadFile where the first bytes of a file are not UTF-8 text, but UTF-16 or no text at all."""
    if head.startswith(NO_UTF8) or b"\x00" in head[:100]:
        found = head[: max(10, head.find(b"\x00", 2, 100) + 1)]
        raise BadFile(f"{path.name}: expected text as UTF-8, found a file that begins with {found!r}")
