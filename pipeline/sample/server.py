"""The upstreams on loopback: a folder served as CloudFront and S3 serve theirs, and Open-Meteo's archive, made up.

What is not there answers 403 and S3's XML, as both hosts of trip records do. Faults are asked for, never at random.
"""

import contextlib
import fnmatch
import functools
import hashlib
import io
import json
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote, urlsplit

from pipeline.sample import weather

ACCESS_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>0</RequestId><HostId/></Error>"
)
CHUNK = 1 << 16


@dataclass(frozen=True, eq=False)
class Fault:
    """What is done to requests whose path, without the slash before it, is like ``glob``, with its query or without.

    With ``first`` only to so many requests of each path, HEAD or GET, from when the fault is first in force.
    """

    glob: str = "*"
    first: int | None = None
    status: int | None = None  # answered instead of the file
    retry_after: str | None = None  # the header beside that status
    body: bytes | None = None  # sent with 200 instead of the file
    content_type: str | None = None
    cut: bool = False  # the connection closes half way; Content-Length speaks of the whole
    bytes_per_second: float | None = None
    pause: float = 0  # seconds of silence half way
    ignore_range: bool = False


@dataclass(frozen=True)
class Request:
    """What was asked and what was sent."""

    method: str
    path: str  # with its query
    status: int
    sent: int  # bytes of the body
    range: str | None


NO_FAULT = Fault()


class Upstream(ThreadingHTTPServer):
    """The server; ``faults`` may be changed while it runs, ``requests`` grows."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, root: Path, port: int = 0, faults: Iterable[Fault] = (), today: date | None = None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.root = root.resolve()
        self.faults = list(faults)
        self.today = today
        self.requests: list[Request] = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._done: Counter[tuple[Fault, str]] = Counter()
        self._lock = threading.Lock()

    def fault_for(self, path: str, query: str = "") -> Fault:
        """The first fault that holds for this request."""
        with self._lock:
            for fault in self.faults:
                is_left = fault.first is None or self._done[fault, path] < fault.first
                if is_left and any(fnmatch.fnmatchcase(asked, fault.glob) for asked in (path, f"{path}?{query}")):
                    self._done[fault, path] += 1
                    return fault
        return NO_FAULT

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that goes away is no news
            super().handle_error(request, client_address)


@functools.lru_cache(maxsize=1000)
def etag_of(file: Path, changed_ns: int, size: int) -> str:
    """The MD5 of the content, as S3 has it for what came in one part; the other arguments say when to look again."""
    with file.open("rb") as content:
        return f'"{hashlib.file_digest(content, "md5").hexdigest()}"'


class Handler(BaseHTTPRequestHandler):
    """Answers one request after the other on one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Upstream

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        path = unquote(split.path).lstrip("/")
        self.fault = self.server.fault_for(path, unquote(split.query))
        file = (self.server.root / path).resolve()
        if self.fault.status:
            retry = {"Retry-After": self.fault.retry_after} if self.fault.retry_after else {}
            self.answer(self.fault.status, {"Content-Type": "text/plain"} | retry, b"asked to fail\n")
        elif self.fault.body is not None:
            self.answer(200, {"Content-Type": self.fault.content_type or "text/html"}, self.fault.body)
        elif path == "v1/archive":
            self.answer_weather(split.query)
        elif file.is_file() and file.is_relative_to(self.server.root):
            self.answer_file(file)
        else:
            self.answer(403, {"Content-Type": "application/xml"}, ACCESS_DENIED)

    def do_HEAD(self) -> None:
        self.do_GET()

    def answer_weather(self, query: str) -> None:
        try:
            status, answer = (
                200,
                weather.archive_response(dict(parse_qsl(query)), self.server.today or datetime.now(UTC).date()),
            )
        except ValueError as error:
            status, answer = 400, {"error": True, "reason": str(error)}
        self.answer(status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(answer).encode())

    def answer_file(self, file: Path) -> None:
        facts = file.stat()
        etag, modified = etag_of(file, facts.st_ctime_ns, facts.st_size), formatdate(facts.st_mtime, usegmt=True)
        headers = {
            "Content-Type": self.fault.content_type or "binary/octet-stream",
            "Accept-Ranges": "bytes",
            "ETag": etag,
            "Last-Modified": modified,
        }
        asked = None if self.fault.ignore_range else self.headers.get("Range")
        if self.is_known(etag, int(facts.st_mtime)):
            self.answer(304, headers)
        elif asked is None or self.headers.get("If-Range", etag) not in (etag, modified):
            self.answer(200, headers, file, range(facts.st_size))
        else:
            self.answer_range(file, facts.st_size, asked, headers)

    def is_known(self, etag: str, modified: int) -> bool:
        """Whether the client holds the file already; its ETag counts more than its date (RFC 9110, 13.2.2)."""
        if known := self.headers.get("If-None-Match"):
            return known == "*" or etag in (one.strip().removeprefix("W/") for one in known.split(","))
        try:
            since = parsedate_to_datetime(self.headers.get("If-Modified-Since", ""))
        except ValueError:
            return False
        return modified <= since.timestamp()

    def answer_range(self, file: Path, size: int, asked: str, headers: dict[str, str]) -> None:
        """One range, as S3: anything else than ``bytes=first-[last]`` or ``bytes=-length`` gets the whole file."""
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", asked)
        if not match or not any(match.groups()):
            self.answer(200, headers, file, range(size))
            return
        first, last = match.groups()
        part = range(int(first), min(size, int(last or size) + 1)) if first else range(max(0, size - int(last)), size)
        if part:
            self.answer(206, headers | {"Content-Range": f"bytes {part[0]}-{part[-1]}/{size}"}, file, part)
        else:
            self.answer(416, headers | {"Content-Range": f"bytes */{size}"})

    def answer(
        self, status: int, headers: Mapping[str, str], body: Path | bytes = b"", part: range | None = None
    ) -> None:
        """Send status, headers and body, of a file its part, with whatever the fault asks for."""
        part = range(len(body)) if isinstance(body, bytes) else part or range(0)
        length = 0 if self.command == "HEAD" else len(part) // 2 if self.fault.cut else len(part)
        self.server.requests.append(Request(self.command, self.path, status, length, self.headers.get("Range")))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.close_connection |= self.fault.cut
        with io.BytesIO(body) if isinstance(body, bytes) else body.open("rb") as stream:
            stream.seek(part.start)
            self.send(stream, length)

    def send(self, stream: BinaryIO, length: int) -> None:
        """So many bytes from where the stream stands, at the fault's pace."""
        rate, sent, pause = self.fault.bytes_per_second, 0, self.fault.pause
        while sent < length:
            if pause and sent >= length // 2:
                time.sleep(pause)
                pause = 0
            step = min(length - sent, max(1, int(rate / 10)) if rate else CHUNK, length // 2 if pause else length)
            self.wfile.write(stream.read(max(1, step)))
            sent += max(1, step)
            if rate:
                time.sleep(step / rate)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on standard error: requests are kept in ``Upstream.requests``."""


@contextlib.contextmanager
def serve(root: Path, *, port: int = 0, faults: Iterable[Fault] = (), today: date | None = None) -> Iterator[Upstream]:
    """The upstreams in a thread of this process: trip records from ``root``, weather up to ``today``, by default today.

    ``TLC_URL`` and ``OPEN_METEO_URL`` are its ``url``, ``CITIBIKE_URL`` is ``url + "/tripdata"``.
    """
    with Upstream(root, port, faults, today) as upstream:
        threading.Thread(target=upstream.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield upstream
        finally:
            upstream.shutdown()
