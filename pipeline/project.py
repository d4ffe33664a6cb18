"""The dbt project: its commands and MetricFlow's on a warehouse, each in a process of its own.

dbt locks DuckDB's file while it lives, and keeps much in global state.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.duck import Settings
from pipeline.errors import TransformFailed
from pipeline.process import die_with_parent
from pipeline.sources import read_yaml

PROJECT = Path(__file__).parent.parent / "dbt"
OWN = {"target", "logs", ".user.yml"}
"""What dbt makes, and a data folder has of its own."""


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


def run_dbt(
    arguments: Sequence[str], warehouse: Path, folder: Path, duck: Settings, months: Sequence[date] = ()
) -> subprocess.CompletedProcess[str]:
    """Runs dbt on the warehouse, for these months and quietly, or else for all months and seen on the terminal.

    The months go by an environment variable: other ``--vars`` than last time would make dbt parse the whole project
    again (2.7 s, 2026-11).
    """
    link_project(folder)
    (folder / "target" / "run_results.json").unlink(missing_ok=True)
    places = ["--project-dir", ".", "--profiles-dir", ".", "--target-path", "target", "--log-path", "logs"]
    return subprocess.run(
        [Path(sys.executable).with_name("dbt"), *arguments, *places, "--log-level-file", "info"],
        cwd=folder,
        env=environment(warehouse, folder, duck) | {"MOBILITY_MONTHS": ",".join(map(str, sorted(months)))},
        text=True,
        stdout=subprocess.PIPE if months else None,
        stderr=subprocess.STDOUT if months else None,
        check=False,
        preexec_fn=die_with_parent,
    )


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


def read_results(folder: Path) -> list[dict[str, Any]]:
    """Dbt's run_results.json; nothing where dbt did not come so far."""
    try:
        results: list[dict[str, Any]] = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    except FileNotFoundError:
        return []
    return results


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
    if manifest.exists() and manifest.stat().st_mtime > changed:
        return manifest
    if run_dbt(["parse", "--quiet"], warehouse, folder, duck).returncode:
        raise TransformFailed(f"dbt cannot read the project; {folder / 'logs' / 'dbt.log'} says why")
    return manifest


def document(warehouse: Path, folder: Path, duck: Settings) -> Path:
    """Dbt's documentation of the models as one page, which it returns the path of.

    Of the manifest that the last build left, without asking the warehouse for a catalogue: the contracts say as much.
    Raises TransformFailed where dbt fails.
    """
    if run_dbt(
        ["docs", "generate", "--static", "--no-compile", "--empty-catalog", "--quiet"], warehouse, folder, duck
    ).returncode:
        raise TransformFailed(f"dbt cannot describe the models; {folder / 'logs' / 'dbt.log'} says why")
    return folder / "target" / "static_index.html"


def run_metricflow(arguments: Sequence[str], warehouse: Path, folder: Path, duck: Settings) -> int:
    """Runs ``mf`` on the warehouse, seen on the terminal; returns its exit code.

    It wants a project with the manifest in its ``target``, which is what ``folder`` is.
    """
    semantics(warehouse, folder, duck)
    link_project(folder)
    command: list[str | Path] = [Path(sys.executable).with_name("mf"), *arguments]
    return subprocess.run(command, cwd=folder, env=environment(warehouse, folder, duck), check=False).returncode
