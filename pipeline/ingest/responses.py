"""What an HTTP response says of itself: its status and reason, length, encoding, dates and validators; and its body."""

import contextlib
import re
import threading
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException

import requests
from urllib3.exceptions import HTTPError

from pipeline.errors import Refused
from pipeline.ingest.formats import reason_in

WIRE_ERRORS = (OSError, HTTPError, HTTPException, ValueError)
"""What requests, urllib3 and http.client raise for an answer that breaks off or cannot be read.

Their own errors, those of the connection, and ValueError for text that cannot be decoded: requests wraps most, not all.
"""
DECODED = {"gzip", "x-gzip", "deflate"}
"""The encodings of bodies that are decoded."""
CHUNK = 1 << 16
"""Bytes that are read at once."""
REASON_WITHIN_S = 5
"""Seconds to wait for the first chunk of an error's body, which may state its reason."""
LEAST_SPEED = "least_kb_per_s of [download] in luigi.cfg"
ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')


class TransientError(Exception):
    """An error after which a retry may succeed."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


def status_of(response: requests.Response) -> str:
    """``status 429 (Too Many Requests: limit exceeded)``: with the reason that the publisher states, if any."""
    body = b""
    with contextlib.suppress(TransientError):
        body = next(body_of(response, REASON_WITHIN_S, least_bytes=1), b"")
    reasons = [reason for reason in (response.reason, reason_in(body)) if reason]
    return f"status {response.status_code} ({': '.join(reasons) or 'without a reason'})"


def body_of(response: requests.Response, within_s: float, least_bytes: int) -> Iterator[bytes]:
    """The body in chunks; at least ``least_bytes`` of it have to arrive in each ``within_s`` seconds.

    Raises TransientError where it breaks off, is too slow or cannot be decoded, and where its encoding has not ended:
    requests would take a part of a file for all of it.
    """
    encoding = stated_encoding(response)
    chunks = received(response, within_s, least_bytes)
    if encoding not in DECODED:
        yield from chunks
        return
    try:
        yield from decoded(chunks)
    except zlib.error:
        raise TransientError(f"its body is not encoded as its Content-Encoding says ({encoding})") from None
    except EOFError:
        raise TransientError(f"its body ends before its Content-Encoding does ({encoding})") from None


def received(response: requests.Response, within_s: float, least_bytes: int) -> Iterator[bytes]:
    """The body as it arrives. Raises TransientError where it breaks off or is too slow."""
    chunks = response.raw.stream(CHUNK, decode_content=False)
    with Watch(response, within_s, least_bytes) as watch:
        while True:
            try:
                chunk = next(chunks, b"")
            except WIRE_ERRORS:
                raise TransientError(watch.reason) from None
            if watch.is_too_slow:
                raise TransientError(watch.reason)
            if not chunk:
                return
            watch.done += len(chunk)
            yield chunk


def decoded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes of gzip, of its members one after the other, or of deflate, with zlib's header or without.

    Raises zlib.error for other bytes, and EOFError where they end too early.
    """
    decoder, data = None, b""
    for chunk in chunks:
        data += chunk
        while data and (decoder or len(data) > 1):
            decoder = decoder or zlib.decompressobj(window_bits(data))
            if unpacked := decoder.decompress(data, CHUNK):
                yield unpacked
            data = decoder.unconsumed_tail
            if decoder.eof:
                data, decoder = decoder.unused_data, None
    if decoder:
        yield decoder.flush()
    if data or (decoder and not decoder.eof):
        raise EOFError


def window_bits(data: bytes) -> int:
    """What zlib has to know of the first bytes: whether they are gzip's, zlib's (RFC 1950 §2.2) or those of deflate."""
    if data.startswith(b"\x1f\x8b"):
        return 16 + zlib.MAX_WBITS
    is_zlib = data[0] & 15 == zlib.DEFLATED and int.from_bytes(data[:2]) % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


class Watch:
    """Ends a connection that is too slow: a read fails by itself only where not a byte arrives."""

    def __init__(self, response: requests.Response, within_s: float, least_bytes: int) -> None:
        self.response = response
        self.within_s = within_s
        self.least_bytes = least_bytes
        self.done = 0
        self.is_too_slow = False
        self.ended = threading.Event()

    def __enter__(self) -> "Watch":
        threading.Thread(target=self.watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()

    def watch(self) -> None:
        before = -self.least_bytes
        while self.done >= before + self.least_bytes:
            before = self.done
            if self.ended.wait(self.within_s):
                return
        self.is_too_slow = True
        with contextlib.suppress(RuntimeError, ValueError, OSError):  # it has ended in the meantime
            self.response.raw.shutdown()

    @property
    def reason(self) -> str:
        """Why the connection ended."""
        slow = f", because fewer than {self.least_bytes:,} bytes came in {self.within_s:g} s ({LEAST_SPEED})"
        return f"connection closed after {self.done:,} bytes{slow if self.is_too_slow else ''}"


def content_length(response: requests.Response) -> int | None:
    """The length that the response announces, also where it does so twice. Raises TransientError for no number."""
    text = ", ".join({length.strip() for length in response.headers.get("Content-Length", "").split(",")})
    if not text or "Transfer-Encoding" in response.headers:  # which overrides it (RFC 9112 §6.3)
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise TransientError(f"its Content-Length is {text[:50]!r}, expected a number of bytes")
    return int(text)


def stated_encoding(response: requests.Response) -> str:
    return response.headers.get("Content-Encoding", "").strip().lower()


def content_encoding(response: requests.Response) -> str:
    """The encoding that the body has on the way, which ``body_of`` decodes; empty for none.

    Requests ask for none. Raises Refused for another than gzip and deflate.
    """
    encoding = stated_encoding(response)
    if encoding in {"", "identity", "none", "aws-chunked"}:  # S3 stores the last one, which says nothing of the body
        return ""
    if encoding not in DECODED:
        raise Refused(
            f"{response.url}: is sent with Content-Encoding {encoding[:50]!r}, which was not asked for; run again later"
        )
    return encoding


def validators_in(response: requests.Response) -> tuple[str, str]:
    """ETag and Last-Modified, each empty where it is missing or malformed: it is sent back in later requests."""
    etag, modified = response.headers.get("ETag", "").strip(), response.headers.get("Last-Modified", "").strip()
    return etag if ETAG.fullmatch(etag) else "", modified if parse_date(modified) else ""


def strong_validator(response: requests.Response) -> str:
    """What identifies the file byte for byte, for If-Range; empty where nothing does.

    A date does if it is earlier than that of the response (RFC 9110 §8.8.2.2): a file may change twice in a second.
    """
    etag, modified = validators_in(response)
    if etag and not etag.startswith("W/"):
        return etag
    changed_at, sent_at = parse_date(modified), parse_date(response.headers.get("Date", ""))
    return modified if changed_at and sent_at and changed_at < sent_at else ""


def retry_after(response: requests.Response) -> float | None:
    """The seconds of Retry-After (RFC 9110 §10.2.3: seconds or a date); None where it has neither."""
    text = response.headers.get("Retry-After", "").strip()
    with contextlib.suppress(ValueError):
        return max(0.0, float(text))
    at = parse_date(text)
    return max(0.0, (at - datetime.now(UTC)).total_seconds()) if at else None


def parse_date(text: str) -> datetime | None:
    """The time of a header; None where it is no date with a known zone."""
    with contextlib.suppress(ValueError, TypeError, IndexError, OverflowError):  # what email.utils raises, by the text
        return parsedate_to_datetime(text).astimezone(UTC) if parsedate_to_datetime(text).tzinfo else None
    return None
