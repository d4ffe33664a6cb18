"""The verb serve: an HTTP server of the pages and the published tables, for this machine only."""

import asyncio
import base64
import contextlib
import hashlib
import html
import logging
import socket
from functools import cache
from pathlib import Path
from urllib.parse import quote

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RedirectHandler, RequestHandler, StaticFileHandler

from pipeline.errors import BadInput
from pipeline.loopback import ADDRESS, guarded
from pipeline.operations.demo_data import first_step

HOME = "/reports/index.html"
HOVER = Path(__file__).parent.parent / "report" / "hover.js"
"""The script in the pages of months."""


def policy(**directives: str) -> str:
    """A Content-Security-Policy that allows these sources and nothing else."""
    none = dict.fromkeys(("default_src", "base_uri", "form_action", "frame_ancestors"), "'none'")
    return "; ".join(f"{name.replace('_', '-')} {sources}" for name, sources in (none | directives).items())


def policy_for(path: str, host: str = ADDRESS) -> str:
    """The policy for a page. One that shows what publishers wrote allows the script of the pages and no others.

    dbt's documentation consists of scripts, and shows nothing of publishers. The Explore page loads its scripts
    and data as files of one folder; ``host`` is the name and port under which the page is asked for.
    """
    if path == "/reports/explore.html":
        return policy(script_src=f"http://{host}/reports/explore/", style_src="'unsafe-inline'", img_src="data:")
    if path == "/reports/models.html":
        inline = "'unsafe-inline'"
        return policy(script_src=inline, style_src=inline, img_src="'self' data:", font_src="data:")
    return policy(script_src=digest_of_script(), style_src="'unsafe-inline'", img_src="data:")


@cache
def digest_of_script() -> str:
    """The script of the pages, as a policy names it."""
    script = f"\n{HOVER.read_text().rstrip()}"  # as the template includes it
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


class Handler(RequestHandler):
    """Sends headers with which browsers run no foreign script, and give nothing to other sites."""

    def set_default_headers(self) -> None:
        self.set_header("Server", "mobility")
        self.set_header("Content-Security-Policy", policy_for(self.request.path, self.request.host))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Cache-Control", "no-cache")

    def prepare(self) -> None:
        if any("\0" in argument for argument in self.path_args):  # which no file's name can contain
            raise HTTPError(404)


class Missing(Handler):
    """The answer for every other path."""

    def prepare(self) -> None:
        raise HTTPError(404)


class Files(Handler, StaticFileHandler):
    """The files of a folder that are not hidden, by GET and HEAD; tornado refuses paths and links out of the folder."""

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        found = super().validate_absolute_path(root, absolute_path)
        if found and is_hidden(Path(found), Path(root)):
            raise HTTPError(404)
        return found

    def compute_etag(self) -> str:
        """By time and size: tornado's own, a digest of the contents, is that of the file as it was read first."""
        stat = Path(self.absolute_path or "").stat()
        return f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'


class Listing(Handler):
    """The names in a folder of published tables, without hidden files."""

    def initialize(self, path: Path) -> None:
        self.root = path

    def get(self, below: str) -> None:
        folder = (self.root / below).resolve()
        root = self.root.resolve()
        if not folder.is_relative_to(root) or is_hidden(folder, root) or not folder.is_dir():
            raise HTTPError(404)
        names = sorted(f"{path.name}/" if path.is_dir() else path.name for path in folder.iterdir())
        items = [f'<li><a href="{quote(name)}">{html.escape(name)}</a>' for name in names if not name.startswith(".")]
        title = html.escape(f"published/{below}")
        self.write(f"<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1>")
        self.write(f"<ul>{''.join(items)}</ul>")

    head = get  # tornado sends the headers alone


def is_hidden(file: Path, root: Path) -> bool:
    """Whether a name on the path below the root begins with a dot."""
    return any(part.startswith(".") for part in file.relative_to(root.resolve()).parts)


def server(data: Path) -> HTTPServer:
    """A server of the data folder; ``add_sockets`` starts it."""
    logging.getLogger("tornado.general").setLevel(logging.ERROR)  # it logs every path that is refused
    reports, published = data / "reports", data / "published"
    application = Application(
        [
            (r"/", RedirectHandler, {"url": HOME, "permanent": False}),
            (r"/docs/?", RedirectHandler, {"url": "/reports/docs/index.html", "permanent": False}),
            (r"/published", RedirectHandler, {"url": "/published/"}),
            (r"/reports/(.*)", Files, {"path": str(reports), "default_filename": "index.html"}),
            (r"/published/((?:.*/)?)", Listing, {"path": published}),
            (r"/published/(.*)", Files, {"path": str(published)}),
        ],
        default_handler_class=Missing,
        log_function=lambda _: None,
    )
    return HTTPServer(guarded(application))


def sockets(port: int) -> list[socket.socket]:
    """Listening sockets on loopback; port 0 means any free port. Raises BadInput where the port cannot be used."""
    try:
        return bind_sockets(port, ADDRESS)
    except OSError as error:
        raise BadInput(f"port {port}: {error.strerror}; choose another: --port 8090") from error


def serve(data: Path, port: int) -> None:
    """Serves the data folder until it is interrupted. Raises BadInput where it has no page, or the port is in use."""
    if not (data / HOME.lstrip("/")).exists():
        raise BadInput(f"no page is in {data} yet; {first_step('serve')}")
    listening = sockets(port)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve_on(data, listening))


async def serve_on(data: Path, listening: list[socket.socket]) -> None:
    """Serves the data folder on these sockets until it is cancelled, and prints the address."""
    server(data).add_sockets(listening)
    print(f"http://{ADDRESS}:{listening[0].getsockname()[1]}{HOME}, until Ctrl-C", flush=True)
    await asyncio.Event().wait()
