"""The publishers' hosts on loopback: a folder served as CloudFront and S3 do, and Open-Meteo's archive, simulated.

A missing file gives status 403 and S3's XML, as at both hosts of trip records. Faults are configured, never random.
"""

import contextlib
import fnmatch
import functools
import hashlib
import io
import json
import re
import socket
import struct
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

from pipeline.sample.weather import archive_response

ACCESS_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>0</RequestId><HostId/></Error>"
)
CHUNK = 1 << 16


@dataclass(frozen=True, eq=False)
class Fault:
    """A fault in the answers to requests whose path matches ``glob``.

    The path has no leading slash; it is compared with its query and without. With ``first``, the fault applies to so
    many requests of each path, HEAD or GET, and then ends.
    """

    glob: str = "*"
    first: int | None = None
    method: str | None = None  # HEAD or GET alone
    raw: bytes | None = None  # the whole answer with status line and headers; then the connection closes
    status: int | None = None  # sent instead of the file
    retry_after: str | None = None  # the header Retry-After of that status
    body: bytes | None = None  # sent with 200 instead of the file
    content_type: str | None = None
    cut: bool = False  # the connection closes after half of Content-Length
    reset: bool = False  # the connection is reset after half of Content-Length
    bytes_per_second: float | None = None  # of the body, or of a raw answer
    pause: float = 0  # seconds without data after half of it
    ignore_range: bool = False


@dataclass(frozen=True)
class Request:
    """A request, and the answer's status and length."""

    method: str
    path: str  # with the query
    status: int  # 0 for a raw answer
    sent: int  # bytes of the body
    range: str | None  # the header Range


NO_FAULT = Fault()


class Upstream(ThreadingHTTPServer):
    """The server. ``faults`` may be changed while it runs; ``requests`` has all requests so far."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, root: Path, port: int = 0, faults: Iterable[Fault] = (), today: date | None = None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.root = root.resolve()
        self.faults = list(faults)
        self.today = today
        self.requests: list[Request] = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._fault_counts: Counter[tuple[Fault, str]] = Counter()
        self._lock = threading.Lock()

    def fault_for(self, method: str, path: str, query: str = "") -> Fault:
        """The first fault that applies to this request."""
        with self._lock:
            for fault in self.faults:
                is_active = fault.first is None or self._fault_counts[fault, path] < fault.first
                is_active &= fault.method in {None, method}
                if is_active and any(fnmatch.fnmatchcase(name, fault.glob) for name in (path, f"{path}?{query}")):
                    self._fault_counts[fault, path] += 1
                    return fault
        return NO_FAULT

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client may disconnect
            super().handle_error(request, client_address)


@functools.lru_cache(maxsize=1000)
def etag_of(file: Path, changed_ns: int, size: int) -> str:
    """The MD5 of the content, as S3 computes it for single-part uploads. A change of the other arguments renews it."""
    with file.open("rb") as content:
        return f'"{hashlib.file_digest(content, "md5").hexdigest()}"'


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Upstream

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        path = unquote(split.path).lstrip("/")
        self.fault = self.server.fault_for(self.command, path, unquote(split.query))
        file = (self.server.root / path).resolve()
        if self.fault.raw is not None:
            self.server.requests.append(
                Request(self.command, self.path, 0, len(self.fault.raw), self.headers.get("Range"))
            )
            self.send(io.BytesIO(self.fault.raw), len(self.fault.raw))
            self.close_connection = True
        elif self.fault.status:
            retry = {"Retry-After": self.fault.retry_after} if self.fault.retry_after else {}
            self.respond(self.fault.status, {"Content-Type": "text/plain"} | retry, b"requested fault\n")
        elif self.fault.body is not None:
            self.respond(200, {"Content-Type": self.fault.content_type or "text/html"}, self.fault.body)
        elif path == "v1/archive":
            self.send_weather(split.query)
        elif file.is_file() and file.is_relative_to(self.server.root):
            self.send_file(file)
        else:
            self.respond(403, {"Content-Type": "application/xml"}, ACCESS_DENIED)

    def do_HEAD(self) -> None:
        self.do_GET()

    def send_weather(self, query: str) -> None:
        try:
            today = self.server.today or datetime.now(UTC).date()
            status, content = 200, archive_response(dict(parse_qsl(query)), today)
        except ValueError as error:
            status, content = 400, {"error": True, "reason": str(error)}
        self.respond(status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(content).encode())

    def send_file(self, file: Path) -> None:
        stat = file.stat()
        etag, modified = etag_of(file, stat.st_ctime_ns, stat.st_size), formatdate(stat.st_mtime, usegmt=True)
        headers = {
            "Content-Type": self.fault.content_type or "binary/octet-stream",
            "Accept-Ranges": "bytes",
            "ETag": etag,
            "Last-Modified": modified,
        }
        requested = None if self.fault.ignore_range else self.headers.get("Range")
        if self.is_unmodified(etag, int(stat.st_mtime)):
            self.respond(304, headers)
        elif requested is None or self.headers.get("If-Range", etag) not in (etag, modified):
            self.respond(200, headers, file, range(stat.st_size))
        else:
            self.send_range(file, stat.st_size, requested, headers)

    def is_unmodified(self, etag: str, modified: int) -> bool:
        """Whether the client has this version; the ETag has precedence over the date (RFC 9110, 13.2.2)."""
        if known := self.headers.get("If-None-Match"):
            return known == "*" or etag in (one.strip().removeprefix("W/") for one in known.split(","))
        try:
            since = parsedate_to_datetime(self.headers.get("If-Modified-Since", ""))
        except ValueError:
            return False
        return modified <= since.timestamp()

    def send_range(self, file: Path, size: int, requested: str, headers: dict[str, str]) -> None:
        """Send one range, as S3 does: ``bytes=first-[last]`` or ``bytes=-length``; otherwise the whole file."""
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", requested)
        if not match or not any(match.groups()):
            self.respond(200, headers, file, range(size))
            return
        first, last = match.groups()
        part = range(int(first), min(size, int(last or size) + 1)) if first else range(max(0, size - int(last)), size)
        if part:
            self.respond(206, headers | {"Content-Range": f"bytes {part[0]}-{part[-1]}/{size}"}, file, part)
        else:
            self.respond(416, headers | {"Content-Range": f"bytes */{size}"})

    def respond(
        self, status: int, headers: Mapping[str, str], body: Path | bytes = b"", part: range | None = None
    ) -> None:
        """Send status, headers and body, or the part of a file, with the fault of the request."""
        part = range(len(body)) if isinstance(body, bytes) else part or range(0)
        breaks_off = self.fault.cut or self.fault.reset
        length = 0 if self.command == "HEAD" else len(part) // 2 if breaks_off else len(part)
        self.server.requests.append(Request(self.command, self.path, status, length, self.headers.get("Range")))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.close_connection |= breaks_off
        with io.BytesIO(body) if isinstance(body, bytes) else body.open("rb") as stream:
            stream.seek(part.start)
            self.send(stream, length)
        if self.fault.reset:
            self.reset()

    def reset(self) -> None:
        """Close the connection with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def send(self, stream: BinaryIO, length: int) -> None:
        """Send the next ``length`` bytes of the stream, with the fault's rate and pause."""
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
        """Log nothing: ``Upstream.requests`` has the requests."""


@contextlib.contextmanager
def serve(root: Path, *, port: int = 0, faults: Iterable[Fault] = (), today: date | None = None) -> Iterator[Upstream]:
    """Serve ``root``, and weather up to ``today`` (by default the current day), in a thread of this process.

    ``TLC_URL`` and ``OPEN_METEO_URL`` are its ``url``; ``CITIBIKE_URL`` is ``url + "/tripdata"``.
    """
    with Upstream(root, port, faults, today) as upstream:
        threading.Thread(target=upstream.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield upstream
        finally:
            upstream.shutdown()
