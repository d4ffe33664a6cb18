"""The dbt project: its commands and MetricFlow's on a warehouse, each in a process of its own (dbt_process.py)."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.database import Settings
from pipeline.errors import TransformFailed
from pipeline.process import die_with_parent
from pipeline.sources import read_yaml

PROJECT = Path(__file__).parent.parent.parent / "dbt"
DBT_PROCESS = Path(__file__).with_name("dbt_process.py")
OWN = {"target", "logs", ".user.yml"}
"""What dbt makes, and a data folder has of its own."""
PLACES = (
    *("--project-dir", ".", "--profiles-dir", ".", "--target-path", "target", "--log-path", "logs"),
    *("--log-level-file", "info"),
)
"""Options of every command: where all of it lies, seen from the folder."""


@cache
def model_version() -> str:
    """The declared version of the models (dbt_project.yml); where it is raised, all months are built anew."""
    return str(read_yaml(PROJECT / "dbt_project.yml")["version"])


def files() -> Iterator[Path]:
    """What the project is made of."""
    return (path for path in PROJECT.rglob("*") if path.suffix in {".sql", ".yml"} and "target" not in path.parts)


@cache
def digest() -> str:
    """What stands for the project's files: another one when any of them changes."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files()))).hexdigest()[:16]


@dataclass(frozen=True)
class Ended:
    """How dbt ended: what it said, and what came of each node (``unique_id``, ``status``, ``error_code``, …)."""

    returncode: int
    output: str
    results: list[dict[str, Any]]


def run_dbt(
    commands: Sequence[Sequence[str]], warehouse: Path, folder: Path, duck: Settings, months: Sequence[date] = ()
) -> Ended:
    """Runs dbt's commands on the warehouse in one start of dbt, for these months; what it says is kept, not shown.

    The months go by an environment variable: other ``--vars`` than last time would make dbt parse the whole project
    again (2.7 s, 2026-11).
    """
    link_project(folder)
    results = folder / "target" / "results.json"
    results.unlink(missing_ok=True)
    ended = subprocess.run(
        # As a file: its package would bring Luigi along (0.4 s, 2026-11). -P: its neighbours are no top-level names.
        [sys.executable, "-P", DBT_PROCESS, json.dumps([[*words, *PLACES] for words in commands])],
        cwd=folder,
        env=environment(warehouse, folder, duck) | {"MOBILITY_MONTHS": ",".join(map(str, sorted(months)))},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        preexec_fn=die_with_parent,
    )
    found = json.loads(results.read_text()) if results.exists() else []
    return Ended(ended.returncode, ended.stdout, found)


def run_dbt_seen(words: Sequence[str], warehouse: Path, folder: Path, duck: Settings) -> int:
    """Runs the command ``dbt`` on the warehouse, for all months and seen on the terminal; returns its exit code."""
    link_project(folder)
    command: list[str | Path] = [Path(sys.executable).with_name("dbt"), *words, *PLACES]
    env = environment(warehouse, folder, duck) | {"MOBILITY_MONTHS": ""}
    return subprocess.run(command, cwd=folder, env=env, check=False, preexec_fn=die_with_parent).returncode


def link_project(folder: Path) -> None:
    """Makes the folder this project, by links, with the target and the logs of its own warehouse."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in PROJECT.iterdir():
        link = folder / path.name
        if path.name in OWN or (link.is_symlink() and link.readlink() == path):
            continue
        if link.is_dir() and not link.is_symlink():  # of a data folder whose copy followed the links
            shutil.rmtree(link)
        link.unlink(missing_ok=True)
        link.symlink_to(path)


def environment(warehouse: Path, folder: Path, duck: Settings) -> dict[str, str]:
    """What profiles.yml reads, beside this process's own.

    Paths are as seen from the folder, where dbt goes to work: what it has parsed is then good for the data folder
    wherever that lies or is moved to, while another profile than last time has the whole project parsed again.
    """
    return os.environ | {
        "MOBILITY_WAREHOUSE": os.path.relpath(warehouse.resolve(), folder.resolve()),
        "MOBILITY_THREADS": duck["threads"],
        "MOBILITY_MEMORY": duck["memory_limit"],
        "MOBILITY_TMP": os.path.relpath(Path(duck["temp_directory"]).resolve(), folder.resolve()),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def semantics(warehouse: Path, folder: Path, duck: Settings) -> Path:
    """The semantic layer as MetricFlow reads it, dbt's semantic_manifest.json: made anew where the project has changed.

    Raises TransformFailed where dbt cannot read the project.
    """
    manifest = folder / "target" / "semantic_manifest.json"
    changed = max(path.stat().st_mtime for path in files())
    if not manifest.exists() or manifest.stat().st_mtime <= changed:
        read(warehouse, folder, duck)
    return manifest


def document(warehouse: Path, folder: Path, duck: Settings) -> Path:
    """Dbt's documentation of the models as one page, which it returns the path of; leaves the semantic layer as well.

    Of what the project declares, without asking the warehouse for a catalogue: the contracts say as much.
    Raises TransformFailed where dbt cannot read the project.
    """
    read(warehouse, folder, duck, ["docs", "generate", "--static", "--no-compile", "--empty-catalog"])
    return folder / "target" / "static_index.html"


def read(warehouse: Path, folder: Path, duck: Settings, *more: Sequence[str]) -> None:
    """Has dbt read the project, and leave what it declares in the folder's ``target``; no warehouse is opened."""
    ended = run_dbt([["parse"], *more], warehouse, folder, duck)
    if ended.returncode:
        raise TransformFailed(f"dbt cannot read the project: {last_lines(ended.output)}")


def last_lines(output: str) -> str:
    return " ".join(line.strip() for line in output.splitlines()[-8:])


def run_metricflow(arguments: Sequence[str], warehouse: Path, folder: Path, duck: Settings) -> int:
    """Runs ``mf`` on the warehouse, seen on the terminal; returns its exit code.

    It wants a project with the manifest in its ``target``, which is what ``folder`` is.
    """
    semantics(warehouse, folder, duck)
    link_project(folder)
    command: list[str | Path] = [Path(sys.executable).with_name("mf"), *arguments]
    return subprocess.run(command, cwd=folder, env=environment(warehouse, folder, duck), check=False).returncode
