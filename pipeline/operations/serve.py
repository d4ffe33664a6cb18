"""The pages and the published tables over HTTP, for this machine alone, and nothing else of the data folder."""

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

ADDRESS = "127.0.0.1"
FOLDERS = ("reports", "published")
HOME = "/reports/index.html"


class Handler(SimpleHTTPRequestHandler):
    """Reads from FOLDERS; GET and HEAD are all the methods it has, so that any other is answered with 501."""

    server_version = "mobility"
    sys_version = ""

    def translate_path(self, path: str) -> str:
        """The file that a path means; one that cannot exist where it lies outside FOLDERS, by a link or otherwise."""
        root = Path(self.directory).resolve()
        wanted = (root / unquote(urlsplit(path).path).replace("\0", "").lstrip("/")).resolve()
        is_open = any(wanted.is_relative_to(root / folder) for folder in FOLDERS)
        is_hidden = any(part.startswith(".") for part in wanted.relative_to(root).parts) if is_open else True
        return str(root / ".nothing" if is_hidden else wanted)

    def send_head(self):  # type: ignore[no-untyped-def]  # as the class it is of
        if self.path == "/":
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", HOME)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        return super().send_head()

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """What goes well is not worth a line."""


def server(data: Path, port: int) -> ThreadingHTTPServer:
    """A server of the data folder, listening; port 0 is any that is free."""
    return ThreadingHTTPServer((ADDRESS, port), partial(Handler, directory=str(data)))
