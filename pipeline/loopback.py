"""HTTP servers for this machine, or a private network: they refuse requests that another site has a browser make.

They listen on 127.0.0.1, unless another address is given, and ask for no password, so that a page of any site could
send requests to them. A browser says where a request comes from: in ``Host``, the name under which a site was looked up
(DNS rebinding lets a foreign name lead to this machine), in ``Origin`` and in ``Sec-Fetch-Site``.
"""

from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher, Rule
from tornado.web import Application, RequestHandler

ADDRESS = "127.0.0.1"
NAMES = (ADDRESS, "localhost")
OWN = (None, "none", "same-origin")
"""``Sec-Fetch-Site`` of requests that the user, this site or no browser makes."""


def guarded(application: Application, address: str = ADDRESS) -> Application:
    """The application, which answers 403 to foreign requests; it listens on this address."""
    application.default_router.rules.insert(0, Rule(Foreign(address), Refusal))
    return application


class Foreign(Matcher):
    """Matches requests that another site has a browser make."""

    def __init__(self, address: str) -> None:
        self.address = address

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        return {} if is_foreign(request, self.address) else None


def is_foreign(request: HTTPServerRequest, address: str = ADDRESS) -> bool:
    """Whether the request names another host or comes from another origin. Following a link to a page is allowed."""
    if request.host_name not in (*NAMES, address):
        return True
    if request.headers.get("Origin") not in (None, f"http://{request.host}"):
        return True
    follows_a_link = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.method == "GET"
    is_own = request.headers.get("Sec-Fetch-Site") in OWN
    return not (is_own or (follows_a_link and not request.path.startswith("/api/")))


class Refusal(RequestHandler):
    """Answers 403 to every method."""

    def prepare(self) -> None:
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"only by its address, such as http://{ADDRESS}, and from no page of another site\n")
