"""Checks that a downloaded file has the expected format, and is neither an error page nor truncated."""

import codecs
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from pipeline.errors import BadFile
from pipeline.printable import printable
from pipeline.sources import Source

ZIPPED = ("zip", "shapefile")
"""Formats whose files are zip archives."""
PARQUET_MAGIC, ZIP_MAGIC, ZIP_END = b"PAR1", b"PK\x03\x04", b"PK\x05\x06"
SAID = re.compile(rb"<title[^>]*>\s*(.*?)\s*<|<(?:Code|Message)>(.*?)<", re.S | re.I)
MAX_REASON = 200
MAX_DIGITS = 100


def check_format(source: Source, path: Path, label: str) -> None:
    """Raises BadFile where the file is not of the source's format: an error page, or truncated."""
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(-min(path.stat().st_size, 1 << 16), 2)
        tail = file.read()
    expected = "zip" if source.format in ZIPPED else source.format
    if head.lstrip()[:1] == b"<":
        kind = "an XML error" if head.lstrip().startswith((b"<?xml", b"<Error")) else "an HTML page"
        raise BadFile(f"{label}: expected a {expected} file, found {kind}{in_brackets(head)}")
    if source.format != "json" and (reason := reason_in(head)):
        raise BadFile(f"{label}: expected a {expected} file, found an error as JSON ({reason})")
    if source.format == "parquet" and (head[:4] != PARQUET_MAGIC or tail[-4:] != PARQUET_MAGIC):
        raise BadFile(f"{label}: expected a complete Parquet file, found one that {_fault(head, PARQUET_MAGIC)}")
    if source.format in ZIPPED and (head[:4] not in (ZIP_MAGIC, ZIP_END) or ZIP_END not in tail):
        raise BadFile(f"{label}: expected a complete zip file, found one that {_fault(head, ZIP_MAGIC)}")
    if source.format == "csv" and not head.strip():
        raise BadFile(f"{label}: expected a csv file, found an empty one")
    if source.format == "json":
        read_weather(path, label)


def _fault(head: bytes, magic: bytes) -> str:
    if not head:
        return "is empty"
    return "is truncated (its end is missing)" if head[:4] == magic else f"begins with {head[:4]!r}, not with {magic!r}"


def in_brackets(body: bytes) -> str:
    """`` ("Too busy")``, or nothing where no reason is stated."""
    return f' ("{reason}")' if (reason := reason_in(body)) else ""


def reason_in(body: bytes) -> str:
    """What the body of an error states as its reason: JSON's ``reason``, HTML's title, S3's message; else nothing."""
    if body.lstrip()[:1] == b"{":
        try:
            answer = parse_json(body)
        except ValueError:
            return ""
        stated = [answer.get(name) for name in ("reason", "message", "error", "detail")]
        reason = next((text for text in stated if isinstance(text, str)), "")
    else:
        found = SAID.search(body)
        reason = next((group.decode(errors="replace") for group in found.groups() if group), "") if found else ""
    return printable(reason)[:MAX_REASON]


def parse_json(content: bytes) -> Any:
    """What a JSON document contains.

    Raises ValueError for any other text: RFC 8259 has no NaN, and names of an object should be unique.
    """
    if content.startswith(codecs.BOM_UTF8):
        raise ValueError("it begins with a byte order mark")
    try:
        value = json.loads(
            content.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_int=_short_integer,
            object_pairs_hook=_unique,
        )
        json.dumps(value, ensure_ascii=False).encode()  # fails for half of a surrogate pair, which is no character
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        raise ValueError(f"{what} at {error.doc[error.pos :][:20]!r}, character {error.pos:,}") from None
    except UnicodeError:
        raise ValueError("it has bytes or characters that are not UTF-8") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def _short_integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number has {len(digits):,} digits, expected at most {MAX_DIGITS}")
    return int(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no value of JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(values := dict(pairs)) < len(pairs):
        raise ValueError("an object has a name twice")
    return values


def read_weather(path: Path, label: str) -> Mapping[str, Any]:
    """The answer of Open-Meteo's archive: an object whose ``hourly`` has a list of values for each variable.

    Raises BadFile where the file is anything else, such as an error that is sent with status 200.
    """
    try:
        answer = parse_json(path.read_bytes())
    except ValueError as error:
        raise BadFile(f"{label}: expected JSON, found other content ({error})") from error
    if not isinstance(answer, dict):
        raise BadFile(f"{label}: expected a JSON object, found {kind_of(answer)}")
    if answer.get("error") or "hourly" not in answer:
        reason = printable(str(answer.get("reason", "no hourly data")))[:MAX_REASON]
        raise BadFile(f"{label}: the archive reports an error ({reason})")
    hourly = answer["hourly"]
    if not isinstance(hourly, dict):
        raise BadFile(f"{label}: hourly is {kind_of(hourly)}, expected an object of lists")
    for name, values in hourly.items():
        if not isinstance(values, list):
            raise BadFile(f"{label}: expected a list of {name}, found {kind_of(values)}")
        if nested := [value for value in values if isinstance(value, dict | list | bool)]:
            raise BadFile(f"{label}: expected values of {name}, found {kind_of(nested[0])} among them")
    return answer


def kind_of(value: Any) -> str:
    """What JSON calls a value of this type."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")
