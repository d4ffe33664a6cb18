"""The HTTP server: the files that it serves, and those that it does not."""

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.operations.serve import ADDRESS, server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in (
        "reports/index.html",
        "reports/.2024-01.html.part",
        "published/dim_date/dim_date.parquet",
        "secret.txt",
    ):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text(name)
    (tmp_path / "data/reports/link").symlink_to(tmp_path / "data/secret.txt")
    return tmp_path / "data"


@pytest.fixture
def site(data: Path) -> Iterator[http.client.HTTPConnection]:
    with server(data, 0) as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        connection = http.client.HTTPConnection(ADDRESS, serving.server_port, timeout=10)
        yield connection
        connection.close()
        serving.shutdown()
        thread.join()


def request(site: http.client.HTTPConnection, path: str, method: str = "GET") -> tuple[int, bytes]:
    site.request(method, path)
    response = site.getresponse()
    return response.status, response.read()


def test_pages_and_published_tables_are_served(site: http.client.HTTPConnection) -> None:
    assert request(site, "/reports/index.html") == (200, b"reports/index.html")
    assert request(site, "/published/dim_date/dim_date.parquet") == (200, b"published/dim_date/dim_date.parquet")
    assert b"dim_date" in request(site, "/published/")[1]


def test_the_root_redirects_to_the_index(site: http.client.HTTPConnection) -> None:
    site.request("GET", "/")
    response = site.getresponse()
    assert (response.status, response.getheader("Location")) == (302, "/reports/index.html")
    response.read()


@pytest.mark.parametrize(
    "path",
    [
        "/secret.txt",
        "/reports/../secret.txt",
        "/reports/%2e%2e/secret.txt",
        "/reports/..%2fsecret.txt",
        "//secret.txt",
        "/reports/link",
        "/reports/.2024-01.html.part",
        "/../../../../etc/passwd",
        "/reports/../reports/../../../../etc/passwd",
        "/published/nothing",
    ],
)
def test_nothing_else_is_served(site: http.client.HTTPConnection, path: str) -> None:
    assert request(site, path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(site: http.client.HTTPConnection, data: Path, method: str) -> None:
    before = sorted(data.rglob("*"))
    assert request(site, "/reports/index.html", method)[0] == 501
    assert sorted(data.rglob("*")) == before


def test_the_server_listens_on_loopback_only(data: Path) -> None:
    with server(data, 0) as serving:
        assert serving.server_address[0] == "127.0.0.1"
