"""The demo's data folder, and ``--demo``: a verb works on it, with the demo's generated files for publishers."""

import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import BadInput
from pipeline.paths import data_folder, name_of_program
from pipeline.process import die_with_parent

if TYPE_CHECKING:
    from pipeline.sample.server import Upstream


def demo_folder() -> Path:
    """The demo's data folder, which shares nothing with the one that it is in."""
    return data_folder() / "demo"


def upstream_folder() -> Path:
    """The folder of the demo's generated files."""
    return demo_folder() / "upstream"


def first_step(verb: str) -> str:
    """What to type where the data folder has nothing that the verb could show."""
    name = name_of_program()
    month = f"{name} month 2024-01"
    if os.environ.get("MOBILITY_DEMO"):
        return f"{name} demo builds the demo's"
    if upstream_folder().is_dir():
        return f"{name} {verb} --demo shows the demo's, {month} builds a month"
    return f"start with {name} demo or {month}"


def variables(folder: Path, url: str) -> dict[str, str]:
    """The environment in which a command works on the demo's folder, with the publishers at this address."""
    from pipeline.sample.generate import DEMO_SOURCES

    return {
        "MOBILITY_DATA": str(folder),
        "MOBILITY_DEMO": "1",  # commands that people are told to type then have --demo
        "MOBILITY_SOURCES": ",".join(DEMO_SOURCES),
        "TLC_URL": url,
        "CITIBIKE_URL": f"{url}/tripdata",
        "OPEN_METEO_URL": url,
    }


@contextmanager
def on_demo_data() -> Iterator[None]:
    """Runs the block on the demo's data folder. Raises BadInput where there is no demo."""
    if not upstream_folder().is_dir():
        raise BadInput(
            f"--demo: no demo is in {demo_folder()} yet; {name_of_program()} demo builds it in about a minute"
        )
    with served(upstream_folder()) as url, environment(variables(demo_folder(), url)):
        yield


@contextmanager
def environment(changed: Mapping[str, str]) -> Iterator[None]:
    """Has these variables in the block, after which all are as they were before it."""
    before = dict(os.environ)
    os.environ.update(changed)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def served(root: Path) -> Iterator[str]:
    """The address at which a child process serves generated files. A thread would not survive Luigi's forks."""
    from pipeline.sample.server import Upstream

    with Upstream(root) as upstream:
        child = multiprocessing.get_context("fork").Process(target=answer, args=(upstream,), daemon=True)
        child.start()
        try:
            yield upstream.url
        finally:
            child.terminate()
            child.join()


def answer(upstream: "Upstream") -> None:
    """Answers requests until the parent ends. Ctrl-C, which a terminal sends to all processes, is for the parent."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    upstream.serve_forever()
