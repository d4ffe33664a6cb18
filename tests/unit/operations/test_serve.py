"""The HTTP server: the files that it serves, those that it does not, and its headers."""

import base64
import hashlib
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.loopback import ADDRESS
from pipeline.operations.serve import policy_for
from pipeline.report import words
from tests.serving import serving

FILES = (
    "reports/index.html",
    "reports/.2024-01.html.part",
    "reports/quality/validations/fct_trips/2024-01/all.html",
    "published/dim_date/dim_date.parquet",
    "published/dim_date/.dim_date.parquet.part",
    "published/a <b> & c/rows.csv",
    "secret.txt",
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text(name)
    (tmp_path / "data/reports/link").symlink_to(tmp_path / "data/secret.txt")
    (tmp_path / "data/published/link").symlink_to(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def site(data: Path) -> Iterator[http.client.HTTPConnection]:
    with serving(data) as port:
        connection = http.client.HTTPConnection(ADDRESS, port, timeout=10)
        yield connection
        connection.close()


def request(site: http.client.HTTPConnection, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    site.request(method, path, headers=headers)
    response = site.getresponse()
    return response.status, response.read()


def test_pages_and_published_tables_are_served(site: http.client.HTTPConnection) -> None:
    assert request(site, "/reports/index.html") == (200, b"reports/index.html")
    assert request(site, "/reports/") == (200, b"reports/index.html")
    assert request(site, "/published/dim_date/dim_date.parquet") == (200, b"published/dim_date/dim_date.parquet")


def test_folders_of_tables_are_listed_without_hidden_files(site: http.client.HTTPConnection) -> None:
    top, below = request(site, "/published/")[1], request(site, "/published/dim_date/")[1]
    assert b'<a href="dim_date/">dim_date/</a>' in top
    assert request(site, "/published/", "HEAD") == (200, b"")
    assert b'<a href="a%20%3Cb%3E%20%26%20c/">a &lt;b&gt; &amp; c/</a>' in top
    assert b"dim_date.parquet" in below and b".part" not in below


def test_a_file_that_was_replaced_is_sent_again(site: http.client.HTTPConnection, data: Path) -> None:
    site.request("GET", "/reports/index.html")
    response = site.getresponse()
    tag = response.getheader("Etag") or ""
    response.read()
    assert request(site, "/reports/index.html", **{"If-None-Match": tag}) == (304, b"")
    (data / "reports/index.html").write_text("new")
    assert request(site, "/reports/index.html", **{"If-None-Match": tag}) == (200, b"new")


@pytest.mark.parametrize(
    ("path", "target"),
    [("/", "/reports/index.html"), ("/published", "/published/"), ("/docs", "/reports/docs/index.html")],
)
def test_short_paths_redirect(site: http.client.HTTPConnection, path: str, target: str) -> None:
    site.request("GET", path)
    response = site.getresponse()
    assert (response.status // 100, response.getheader("Location")) == (3, target)
    response.read()


@pytest.mark.parametrize(
    "path",
    [
        "/secret.txt",
        "/reports/../secret.txt",
        "/reports/%2e%2e/secret.txt",
        "/reports/..%2fsecret.txt",
        "//secret.txt",
        "/reports//etc/passwd",
        "/reports/link",
        "/published/link/",
        "/published/link/secret.txt",
        "/published/../",
        "/published/%2e%2e/",
        "/reports/.2024-01.html.part",
        "/published/dim_date/.dim_date.parquet.part",
        "/../../../../etc/passwd",
        "/reports/../reports/../../../../etc/passwd",
        "/reports/%00",
        "/published/%00/",
        "/published/nothing",
        "/published/nothing/",
        f"/reports/{'n' * 300}",
    ],
)
def test_nothing_else_is_served(site: http.client.HTTPConnection, path: str) -> None:
    status, body = request(site, path)
    assert status in (403, 404) and b"secret" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_written(site: http.client.HTTPConnection, data: Path, method: str) -> None:
    before = sorted(data.rglob("*"))
    assert request(site, "/reports/index.html", method)[0] == 405
    assert sorted(data.rglob("*")) == before


@pytest.mark.parametrize("headers", [{"Host": "attacker.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_requests_of_other_sites_are_refused(site: http.client.HTTPConnection, headers: dict[str, str]) -> None:
    assert request(site, "/published/dim_date/dim_date.parquet", **headers)[0] == 403


@pytest.mark.parametrize("path", ["/reports/index.html", "/published/", "/nothing", "/reports/../secret.txt"])
def test_every_answer_forbids_scripts_that_are_not_its_own(site: http.client.HTTPConnection, path: str) -> None:
    site.request("GET", path)
    response = site.getresponse()
    response.read()
    sent = dict(response.getheaders())
    assert sent["Content-Security-Policy"].startswith("default-src 'none'; base-uri 'none'; form-action 'none'")
    assert "script-src 'sha256-" in sent["Content-Security-Policy"]
    assert (sent["X-Content-Type-Options"], sent["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert sent["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_page_to_explore_with_may_load_scripts_of_its_folder_alone(site: http.client.HTTPConnection) -> None:
    site.request("GET", "/reports/explore.html")
    response = site.getresponse()
    response.read()
    sent = response.getheader("Content-Security-Policy") or ""
    assert f"script-src http://{ADDRESS}:{site.port}/reports/explore/;" in sent
    assert sent.startswith("default-src 'none'") and "unsafe-eval" not in sent and "connect-src" not in sent


@pytest.mark.parametrize("name", ["page", "index"])
def test_the_policy_of_a_page_allows_the_script_of_its_template(name: str) -> None:
    template = words.template(f"{name}.html.j2")
    block = "".join(template.blocks["script"](template.new_context()))
    script = block.strip().removeprefix("<script>").removesuffix("</script>")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy_for("/reports/2024-01.html")
