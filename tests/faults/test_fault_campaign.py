"""Every fault of the wire and of files at every source: the month is complete, or one line says why it is not.

``./run.sh test --faults`` runs it and prints a table of what each fault led to. With a fault, a command ends with
the content of an undisturbed one, or fails in one line and leaves nothing but what it downloaded. Without the fault,
one more run then ends with the content of an undisturbed one. ``-k "weather and km/h"`` selects faults.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from pipeline.sample.generate import generate
from pipeline.sample.server import Fault, Upstream, serve
from pipeline.sources import sources
from tests.conftest import Workspace, create_once
from tests.faults import wire_faults
from tests.faults.contents import differences, state
from tests.faults.damaged_files import DAMAGES
from tests.faults.wire_faults import Published

MONTH, LARGE_MONTH = date(2024, 1, 1), date(2024, 2, 1)
"""The files of the large month have more than 2 MB: half of one is stored before a connection breaks off."""
PATHS = {
    "green_taxi": "trip-data/green_tripdata_{:%Y-%m}.parquet",
    "citibike_jc": "tripdata/JC-{:%Y%m}-citibike-tripdata.csv.zip",
    "taxi_zones": "misc/taxi_zone_lookup.csv",
    "taxi_zone_polygons": "misc/taxi_zones.zip",
    "weather": "v1/archive",
}
LONGEST_S = 60
"""A command with a fault, with three attempts for each request."""
IMPATIENT = (
    "[download]\nattempts = 3\nfirst_wait_s = 0.05\nmax_wait_s = 0.2\n"
    "response_timeout_s = 2\nread_timeout_s = 1\nleast_kb_per_s = 20\n"
)
State = dict[str, object]
KINDS = {"harmless": wire_faults.harmless, "once": wire_faults.harmful, "lasting": wire_faults.harmful}
OUTCOMES = {0: "complete", 20: "not published", 30: "failed", 35: "not scheduled"}


@dataclass(frozen=True)
class Case:
    """A fault of a kind, at a source."""

    source: str
    kind: str
    fault: str

    @property
    def month(self) -> date:
        return LARGE_MONTH if self.kind == "range" else MONTH

    @property
    def path(self) -> str:
        return PATHS[self.source].format(self.month)

    @property
    def has_other_bytes(self) -> bool:
        """Whether other bytes of the same rows may be stored, because nothing says that they are others."""
        return self.kind == "file" or self.fault == "Content-Length too small"

    def faults(self, file: Published) -> list[Fault]:
        if self.kind == "file":
            faults = [Fault(body=DAMAGES[sources()[self.source].format][self.fault](file.content))]
        elif self.kind == "range":
            cut = Fault(first=1, method="GET", cut=True)
            faults = [cut, replace(wire_faults.wrong_ranges(file)[self.fault], first=1, method="GET")]
        else:
            faults = [replace(KINDS[self.kind](file)[self.fault], first=1 if self.kind == "once" else None)]
        return [replace(fault, glob=f"{self.path}*") for fault in faults]

    def load(self, workspace: Workspace) -> "Ended":
        """Download, convert and load the month of the source."""
        month = f"{sources()[self.source].loaded_as(self.month):%Y-%m}"
        began = time.monotonic()
        ended = workspace.luigi("Load", "--source", self.source, "--month", month)
        return Ended(ended.returncode, ended.stdout + ended.stderr, time.monotonic() - began)

    def __str__(self) -> str:
        return f"{self.source}, {self.kind}, {self.fault}"


def cases() -> Iterator[Case]:
    for source in PATHS:
        for kind, faults in KINDS.items():
            yield from (Case(source, kind, name) for name in faults(Published()))
        yield from (Case(source, "file", name) for name in DAMAGES[sources()[source].format])
    for source in ("green_taxi", "citibike_jc"):
        yield from (Case(source, "range", name) for name in wire_faults.wrong_ranges(Published()))


@pytest.fixture(scope="session")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    def make(root: Path) -> None:
        rows = {"green_taxi": 300, "citibike_jc": 300}
        generate(root, [MONTH], sources=[*rows, "taxi_zones", "taxi_zone_polygons"], rows=rows)
        generate(root, [LARGE_MONTH], sources=[*rows], rows={"green_taxi": 80_000, "citibike_jc": 60_000})
        (root / "luigi.cfg").write_text(IMPATIENT)

    with serve(create_once(tmp_path_factory, "faults-upstream", make)) as upstream:
        yield upstream


@pytest.fixture
def workspace(upstream: Upstream, tmp_path: Path) -> Workspace:
    upstream.faults = []
    return Workspace(tmp_path / "data", upstream, {"LUIGI_CONFIG_PATH": str(upstream.root / "luigi.cfg")})


@pytest.fixture(scope="session")
def expected(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, date], State]:
    """What a data folder holds after a source was loaded undisturbed."""

    @cache
    def load_undisturbed(source: str, month: date) -> State:
        upstream.faults = []
        workspace = Workspace(tmp_path_factory.mktemp(source) / "data", upstream)
        ended = Case(source, "range" if month == LARGE_MONTH else "", "").load(workspace)
        assert ended.code == 0, ended.text
        return state(workspace)

    return load_undisturbed


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, what it printed, and the seconds that it took."""

    code: int
    text: str
    seconds: float

    @property
    def outcome(self) -> str:
        return OUTCOMES.get(self.code, f"exit code {self.code}")

    @property
    def lines(self) -> list[str]:
        """The lines that say what failed."""
        return [
            line
            for line in self.text.splitlines()
            if re.search(r" ERROR |^error: |: late: |Will not run Published", line)
        ]

    @property
    def message(self) -> str:
        """The first of these lines, without its time, and without what differs from run to run."""
        line = re.sub(r"^[\d:]+ [A-Z]+ +", "", next(iter(self.lines), ""))
        return re.sub(r"http://127.0.0.1:\d+|/\S*/(?=data/)", "", line)


@cache
def published(upstream: Upstream, source: str, month: date) -> Published:
    """What the upstream answers to the request of the month."""
    path = PATHS[source].format(month)
    (url,) = [url for url in sources()[source].urls_of(month) if path in url]
    upstream.faults = []
    response = requests.get(f"{upstream.url}/{path}?{urlsplit(url).query}", timeout=10)
    headers = [f"{name}: {response.headers[name]}" for name in ("ETag", "Last-Modified") if name in response.headers]
    return Published(response.content, headers)


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_a_fault_leads_to_the_published_content_or_to_one_line(
    case: Case,
    workspace: Workspace,
    expected: Callable[[str, date], State],
    record_property: Callable[[str, object], None],
) -> None:
    undisturbed = expected(case.source, case.month)
    file = published(workspace.upstream, case.source, case.month)
    workspace.upstream.faults = case.faults(file)
    ended = case.load(workspace)
    record_property("fault", [case.source, case.kind, case.fault, ended.outcome, ended.message])
    assert "Traceback" not in ended.text
    assert ended.seconds < LONGEST_S
    if ended.code:
        assert ended.code in OUTCOMES and len(ended.lines) == 1 and ended.message.isprintable(), ended.text
        assert case.kind not in {"harmless", "range"}, ended.text
        assert not list(leftovers(workspace, case.source))
        workspace.upstream.faults = []
        ended = case.load(workspace)
        assert ended.code == 0, ended.text
    different = differences(undisturbed, state(workspace))
    if case.has_other_bytes and [*landed(workspace, case.source)] != [file.content]:
        different = [line for line in different if not line.startswith("table raw_data.loads: ")]
    assert not different, ended.text


def landed(workspace: Workspace, source: str) -> Iterator[bytes]:
    """The content of the files of the source that are downloaded."""
    for path in (workspace.data / "landing" / source).iterdir():
        if path.suffix != ".json" or ".archive" in path.name:
            yield path.read_bytes()


def leftovers(workspace: Workspace, source: str) -> Iterator[str]:
    """The files that a failed run must not leave."""
    known = (r"\.running\..*", "logs/.*", "runs/.*", rf"landing/{source}/[\w-]+(\.csv|\.archive)?\.\w+")
    rejected_rows = rf"parquet/{source}/[\w-]+\.unreadable\.csv"
    for path in workspace.files():
        if not re.fullmatch("|".join((*known, rejected_rows)), path) or path.endswith((".part", ".new")):
            yield path
