"""What the host of a publisher may do to a request: the faults of the wire in test_fault_campaign.py."""

import gzip
from dataclasses import dataclass, field

from pipeline.sample.server import Fault


@dataclass(frozen=True)
class Published:
    """A published file, and the headers by which a client recognizes it."""

    content: bytes = b"content"
    headers: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.content)

    def answer(self, *headers: str, body: bytes | None = None, status: str = "200 OK") -> Fault:
        """A whole answer, whose headers are sent as they are."""
        lines = [f"HTTP/1.1 {status}", *self.headers, *headers, "", ""]
        return Fault(raw="\r\n".join(lines).encode("latin-1") + (self.content if body is None else body))

    def with_length(self, length: object) -> Fault:
        return self.answer(f"Content-Length: {length}")

    def chunked(self, end: bytes) -> Fault:
        body = b"%x\r\n%b\r\n" % (self.size, self.content)
        return self.answer("Transfer-Encoding: chunked", body=body + end)

    def encoded(self, encoding: str, body: bytes) -> Fault:
        return self.answer(f"Content-Encoding: {encoding}", f"Content-Length: {len(body)}", body=body)


HTML = b"\n\n<!DOCTYPE html><html><head><title>Too\x1b[2J busy</title></head></html>"
XML = b'<?xml version="1.0"?><Error><Code>SlowDown</Code></Error>'
STATUSES = (400, 401, 403, 404, 408, 410, 416, 418, 425, 500, 502, 503, 504, 599)


def harmless(file: Published) -> dict[str, Fault]:
    """With these, the file is complete."""
    return {
        "a slow answer": Fault(bytes_per_second=max(2000, file.size * 2), method="GET"),
        "Content-Type text/html": Fault(content_type="text/html"),
        "no length": file.answer(),
        "chunks": file.chunked(b"0\r\n\r\n"),
        "Content-Encoding gzip": file.encoded("gzip", gzip.compress(file.content)),
    }


def harmful(file: Published) -> dict[str, Fault]:
    """With these, there is no file."""
    statuses = {f"status {status}": Fault(status=status) for status in STATUSES}
    return statuses | refusals(file) | broken_answers(file) | other_bodies(file)


def refusals(file: Published) -> dict[str, Fault]:
    nothing = Published(b"")
    redirects = {
        "itself": "?",
        "plain http": "http://192.0.2.1/",
        "no address": "http://[",
        "a file of this machine": "file:///etc/passwd",
    }
    return {
        "status 429, Retry-After 0": Fault(status=429, retry_after="0"),
        "status 429, Retry-After a date": Fault(status=429, retry_after="Mon, 01 Jan 2024 00:00:00 GMT"),
        "status 429, Retry-After no time": Fault(status=429, retry_after="-1e999"),
        "status 503, Retry-After 0": Fault(status=503, retry_after="0"),
        "status 503, Retry-After a year": Fault(status=503, retry_after="31536000"),
        "status 204": nothing.answer(status="204 No Content"),
        "status 206 unasked": file.answer(f"Content-Range: bytes 0-{file.size - 1}/{file.size}", status="206 Partial"),
        "status 304 unasked": nothing.answer(status="304 Not Modified"),
        **{
            f"status 302 to {name}": nothing.answer(f"Location: {url}", "Content-Length: 0", status="302 Found")
            for name, url in redirects.items()
        },
    }


def broken_answers(file: Published) -> dict[str, Fault]:
    return {
        "no answer": Fault(raw=b""),
        "no HTTP": Fault(raw=b"SSH-2.0-OpenSSH_9.2\r\n"),
        "no status": file.answer(status="abc"),
        "headers cut": Fault(raw=b"HTTP/1.1 200 OK\r\nContent-Le"),
        "a header of 100 kB": file.answer(f"X: {'x' * 100_000}"),
        "1,000 headers": file.answer(*(f"X-{number}: x" for number in range(1000))),
        "body cut": Fault(cut=True),
        "body cut, ranges ignored": Fault(cut=True, ignore_range=True),
        "connection reset": Fault(reset=True),
        "pause in the body": Fault(pause=3, method="GET"),
        "a byte of the body now and then": Fault(bytes_per_second=10, method="GET"),
        "a byte of the headers now and then": Fault(raw=b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100, bytes_per_second=10),
        "redirects that take long": Fault(
            raw=b"HTTP/1.1 302 Found\r\nLocation: ?\r\nContent-Length: 0\r\n\r\n", pause=0.8
        ),
        "Content-Length abc": file.with_length("abc"),
        "Content-Length -1": file.with_length(-1),
        "Content-Length of 30 digits": file.with_length("9" * 30),
        "Content-Length too large": file.with_length(file.size + 1),
        "Content-Length too small": file.with_length(file.size - 1),
        "Content-Length 0": file.with_length(0),
        "two Content-Lengths": file.with_length(f"{file.size}, {file.size - 5}"),
        "chunks cut": file.chunked(b""),
        "chunks without lengths": file.chunked(b"zz\r\n"),
        "Content-Encoding gzip of none": file.encoded("gzip", file.content),
        "Content-Encoding gzip, cut": file.encoded("gzip", gzip.compress(file.content)[:-20]),
        "Content-Encoding br": file.encoded("br", file.content),
        "Content-Encoding of control characters": file.encoded("\x1b[2J", file.content),
    }


def other_bodies(file: Published) -> dict[str, Fault]:
    half = file.size // 2
    return {
        "empty body": Fault(body=b""),
        "HTML": Fault(body=HTML),
        "XML": Fault(body=XML, content_type="application/xml"),
        "JSON": Fault(body=b'{"error": true, "reason": "Too\\u001b[2J many"}'),
        "HTML, cut": Fault(body=HTML, cut=True),
        "first half as a whole": Fault(body=file.content[:half]),
        "second half as a whole": Fault(body=file.content[half:]),
        "gzip of the file": Fault(body=gzip.compress(file.content)),
        "nulls": Fault(body=bytes(file.size)),
    }


def wrong_ranges(file: Published) -> dict[str, Fault]:
    """Answers to the request for the second half of the file, when the first half was sent."""
    half, size = file.size // 2, file.size
    ranges = {
        "begins at 0": (f"bytes 0-{size - 1}/{size}", file.content),
        "begins a byte later": (f"bytes {half + 1}-{size - 1}/{size}", file.content[half + 1 :]),
        "has the whole file": (f"bytes {half}-{size - 1}/{size}", file.content),
        "ends early": (f"bytes {half}-{size - 2}/{size}", file.content[half:-1]),
        "is of a larger file": (f"bytes {half}-{size}/{size + 1}", file.content[half:] + b"\n"),
        "is of no file": ("bytes */0", file.content[half:]),
        "has no Content-Range": ("", file.content[half:]),
        "is in lines": (f"lines {half}-{size - 1}/{size}", file.content[half:]),
    }
    return {
        f"range that {name}": file.answer(
            *([f"Content-Range: {text}"] if text else []), f"Content-Length: {len(body)}", body=body, status="206 Part"
        )
        for name, (text, body) in ranges.items()
    }
