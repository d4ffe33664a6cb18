"""A webhook on loopback that stores the alerts it receives through Apprise."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Webhook:
    """Stored alerts. ``address`` is an entry for MOBILITY_ALERT_URLS with a password; ``status`` is the response."""

    port: int = 0
    status: int = 200
    sent: list[dict[str, str]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"json://someone:secret-of-the-hook@127.0.0.1:{self.port}/hook"

    @property
    def titles(self) -> list[str]:
        return [alert["title"].removeprefix("nyc-mobility: ") for alert in self.sent]


@contextlib.contextmanager
def listening() -> Iterator[Webhook]:
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Writes nothing to standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield hook
        server.shutdown()
