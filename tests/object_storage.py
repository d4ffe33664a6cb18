"""A store with the interface of S3: moto's, as an HTTP server on loopback, with faults between it and its clients."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

BUCKET = "mobility"
SECRETS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEOFATEST01",
    "AWS_SECRET_ACCESS_KEY": "secret-of-a-test/Zq9",
    "AWS_SESSION_TOKEN": "token-of-a-test/Zq9",
}
Fault = Callable[[str, str], Response | None]
"""What answers a request instead of the store, by its method and path; None where the store does."""


@dataclass
class ObjectStorage:
    """A running store. ``requests`` are those that came in, as method and key."""

    url: str
    requests: list[tuple[str, str]] = field(default_factory=list)
    fault: Fault = lambda method, path: None

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a command uses the store."""
        return {
            "MOBILITY_PUBLISH_URL": f"s3://{BUCKET}/nyc",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            **SECRETS,
        }

    @property
    def objects(self) -> dict[str, bytes]:
        """The objects below the address, by their names."""
        bucket = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[BUCKET]
        return {name.removeprefix("nyc/"): key.value for name, key in bucket.keys.items()}

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of each object."""
        return {name: hashlib.sha256(content).hexdigest() for name, content in self.objects.items()}

    def names_of(self, method: str) -> list[str]:
        """The names of the objects that were asked for by this method."""
        prefix = f"/{BUCKET}/nyc/"
        return [path.removeprefix(prefix) for one, path in self.requests if one == method and path.startswith(prefix)]

    def answer(self, app: Any, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.requests.append((method, path))
        response = self.fault(method, path) or app
        if response is not app:
            Request(environ).get_data()  # else the rest of the request would be read as the next one
        return response(environ, start)


class QuietHandler(WSGIRequestHandler):
    """Logs nothing, and keeps connections open, as stores do."""

    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        pass


@contextmanager
def object_storage() -> Iterator[ObjectStorage]:
    """An empty store with one bucket."""
    app = create_backend_app("s3")
    storage = ObjectStorage("")
    server = make_server(
        "127.0.0.1", 0, lambda *request: storage.answer(app, *request), threaded=True, request_handler=QuietHandler
    )
    # A client keeps its connections for 15 s. Nobody waits for their threads.
    vars(server).update(daemon_threads=True, block_on_close=False)
    storage.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    backend.reset()
    backend.create_bucket(BUCKET, "us-east-1")
    try:
        yield storage
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def error(status: int, code: str) -> Response:
    """An answer as S3 gives it for an error."""
    text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code} of a test</Message></Error>"
    return Response(text, status, content_type="application/xml")


def slowly(seconds: float) -> Fault:
    """Each answer takes so long."""

    def fault(method: str, path: str) -> Response | None:
        time.sleep(seconds)
        return None

    return fault


def now_and_then(each: int, answer: Response) -> Fault:
    """Each so many-th request gets this answer."""
    count = 0

    def fault(method: str, path: str) -> Response | None:
        nonlocal count
        count += 1
        return answer if count % each == 0 else None

    return fault
