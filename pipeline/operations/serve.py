"""The verb serve: an HTTP server of the pages and the published tables, for this machine only."""

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

ADDRESS = "127.0.0.1"
FOLDERS = ("reports", "published")
HOME = "/reports/index.html"


class Handler(SimpleHTTPRequestHandler):
    """Serves the files in FOLDERS by GET and HEAD; the status of other methods is 501."""

    server_version = "mobility"
    sys_version = ""

    def translate_path(self, path: str) -> str:
        """The file of a path. For a path outside of FOLDERS, also by a link, it is one that does not exist."""
        root = Path(self.directory).resolve()
        file = (root / unquote(urlsplit(path).path).replace("\0", "").lstrip("/")).resolve()
        is_served = any(file.is_relative_to(root / folder) for folder in FOLDERS)
        is_hidden = any(part.startswith(".") for part in file.relative_to(root).parts) if is_served else True
        return str(root / ".nothing" if is_hidden else file)

    def send_head(self):  # type: ignore[no-untyped-def]  # untyped in the base class
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
        """Does not log successful requests."""


def server(data: Path, port: int) -> ThreadingHTTPServer:
    """A listening server of the data folder; port 0 means any free port."""
    return ThreadingHTTPServer((ADDRESS, port), partial(Handler, directory=str(data)))
