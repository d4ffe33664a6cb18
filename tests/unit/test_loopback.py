"""Which requests servers on loopback refuse."""

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from pipeline.loopback import is_foreign


def request(path: str = "/", method: str = "GET", host: str = "127.0.0.1:8080", **headers: str) -> HTTPServerRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()} | {"Host": host}
    line = RequestStartLine(method, path, "HTTP/1.1")
    return HTTPServerRequest(start_line=line, headers=HTTPHeaders(named))


@pytest.mark.parametrize(
    "own",
    [
        request(),
        request(host="localhost:8080"),
        request(host="LOCALHOST"),
        request("/api/ping", "POST"),  # of a program
        request("/api/ping", "POST", Origin="http://127.0.0.1:8080", Sec_Fetch_Site="same-origin"),
        request("/reports/index.html", Sec_Fetch_Site="none", Sec_Fetch_Mode="navigate"),
        request("/reports/index.html", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate"),  # a link
    ],
)
def test_requests_of_programs_the_user_and_the_same_site_are_answered(own: HTTPServerRequest) -> None:
    assert not is_foreign(own)


@pytest.mark.parametrize(
    "foreign",
    [
        request(host="attacker.example"),
        request(host="127.0.0.1.attacker.example:8080"),
        request(host=""),
        request(Origin="http://attacker.example"),
        request(Origin="null"),
        request(Origin="http://127.0.0.1:9999"),
        request("/api/ping", "POST", Origin="https://127.0.0.1:8080"),
        request("/published/a.csv", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors"),
        request("/published/a.csv", Sec_Fetch_Site="same-site", Sec_Fetch_Mode="cors"),  # a server on another port
        request("/api/prune", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate"),
        request("/history", "POST", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate"),
    ],
)
def test_requests_that_another_site_has_a_browser_make_are_refused(foreign: HTTPServerRequest) -> None:
    assert is_foreign(foreign)


def test_a_server_of_a_network_is_asked_by_its_address() -> None:
    assert not is_foreign(request("/api/ping", "POST", host="10.0.0.5:8082"), "10.0.0.5")
    assert is_foreign(request("/api/ping", "POST", host="attacker.example:8082"), "10.0.0.5")
    assert is_foreign(request("/api/ping", "POST", host="10.0.0.5:8082"))
