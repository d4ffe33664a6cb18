"""Headers of HTTP responses, of any text, and bodies that come slowly."""

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Refused
from pipeline.ingest.responses import (
    TransientError,
    body_of,
    content_encoding,
    content_length,
    decoded,
    parse_date,
    retry_after,
    strong_validator,
)
from pipeline.sample.server import Fault, serve


@pytest.mark.parametrize(
    ("etag", "modified", "date", "validator"),
    [
        ('"a"', "", "", '"a"'),
        ('W/"a"', "Mon, 01 Jan 2024 00:00:00 GMT", "Mon, 01 Jan 2024 00:00:01 GMT", "Mon, 01 Jan 2024 00:00:00 GMT"),
        ("", "Mon, 01 Jan 2024 00:00:00 GMT", "Mon, 01 Jan 2024 00:00:00 GMT", ""),
        ("", "Mon, 01 Jan 2024 00:00:00 GMT", "", ""),
        ("", "yesterday", "Mon, 01 Jan 2024 00:00:00 GMT", ""),
        ("unquoted", "", "", ""),
        ('"a\r\n folded"', "", "", ""),
    ],
)
def test_only_what_identifies_a_file_byte_for_byte_is_its_strong_validator(
    etag: str, modified: str, date: str, validator: str
) -> None:
    response = requests.Response()
    response.headers.update({"ETag": etag, "Last-Modified": modified, "Date": date})
    assert strong_validator(response) == validator


@given(
    st.text(max_size=40) | st.from_regex(r"\w{3}, \d+ \w{3} \d{1,9} \d+:\d+(:\d+)? ([+-]\d+|[A-Z]+)?", fullmatch=True)
)
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert (at := parse_date(text)) is None or at.tzinfo
    response = requests.Response()
    response.headers["Retry-After"] = text
    assert (retry_after(response) or 0) >= 0


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ({}, None),
        ({"Content-Length": "12"}, 12),
        ({"Content-Length": "12, 12"}, 12),
        ({"Content-Length": "12", "Transfer-Encoding": "chunked"}, None),
    ],
)
def test_a_length_is_a_number_or_unknown(headers: dict[str, str], length: int | None) -> None:
    response = requests.Response()
    response.headers.update(headers)
    assert content_length(response) == length


@pytest.mark.parametrize("text", ["abc", "-1", "1.5", "٣", "9" * 30])
def test_any_other_length_is_a_transient_error(text: str) -> None:
    response = requests.Response()
    response.headers["Content-Length"] = text
    with pytest.raises(TransientError, match=re.escape(f"its Content-Length is {text!r}, expected a number of bytes")):
        content_length(response)


@pytest.mark.parametrize(("text", "encoding"), [("", ""), ("GZIP", "gzip"), ("aws-chunked", ""), ("identity", "")])
def test_an_encoding_that_requests_can_decode_is_accepted(text: str, encoding: str) -> None:
    response = requests.Response()
    response.headers["Content-Encoding"] = text
    assert content_encoding(response) == encoding


def test_any_other_encoding_is_refused() -> None:
    response = requests.Response()
    response.headers["Content-Encoding"] = "zstd"
    with pytest.raises(Refused, match="Content-Encoding 'zstd', which was not asked for"):
        content_encoding(response)


def test_a_body_that_comes_slowly_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "trips.csv").write_bytes(bytes(100_000))
    with (
        serve(tmp_path, faults=[Fault(bytes_per_second=2000)]) as upstream,
        requests.get(f"{upstream.url}/trips.csv", stream=True, timeout=5) as response,
        pytest.raises(
            TransientError,
            match=r"^connection closed after 0 bytes, because fewer than 25,000 bytes came in 0\.5 s",
        ),
    ):
        list(body_of(response, 0.5, 25_000))


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


ENCODERS = {"gzip": gzip.compress, "deflate": zlib.compress, "deflate without zlib's header": raw_deflate}


@pytest.mark.parametrize("encoder", ENCODERS.values(), ids=ENCODERS)
@given(content=st.binary(max_size=300_000) | st.just(bytes(1 << 20)), size=st.integers(1, 5000), data=st.data())
def test_a_body_is_decoded_in_any_chunks_and_refused_where_it_is_cut(
    encoder: Callable[[bytes], bytes], content: bytes, size: int, data: st.DataObject
) -> None:
    packed = encoder(content)
    assert b"".join(decoded(batched(packed, size))) == content
    cut = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(EOFError):
        list(decoded(batched(packed[:cut], size)))


def test_members_of_gzip_are_decoded_one_after_the_other() -> None:
    packed = gzip.compress(b"a" * 70_000) + gzip.compress(b"b")
    assert b"".join(decoded(batched(packed, 7))) == b"a" * 70_000 + b"b"


def batched(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))
