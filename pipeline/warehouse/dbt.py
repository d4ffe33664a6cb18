"""The dbt project: its commands and MetricFlow's on a warehouse, each in a process of its own (dbt_process.py)."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from pipeline.database import Warehouse, disk_error
from pipeline.errors import TransformFailed
from pipeline.paths import digest_of_files, program
from pipeline.process import die_with_parent
from pipeline.progress import report
from pipeline.project import CONFIG, DBT, IS_INSTALLED
from pipeline.sources import read_yaml, sources
from pipeline.warehouse import raw
from pipeline.warehouse.dbt_process import PROGRESS
from pipeline.warehouse.documentation import with_types

DBT_PROCESS = Path(__file__).with_name("dbt_process.py")
METRICFLOW_PROCESS = Path(__file__).with_name("metricflow_process.py")
PYTHON = (sys.executable, "-P", "-W", "ignore:resource_tracker:UserWarning")
"""Runs another program. Its folder is not on the module path, and no process of its own warns of how it ended."""
SUFFIXES = {".sql", ".yml", ".md"}
OWN = {"target", "logs", ".user.yml"}
"""Files that dbt writes. Each data folder has its own, so they are not linked."""
PARSED = "parsed.digest"
"""The file in ``target`` with the digest of the project as it was parsed."""
READERS = {"show", "list", "ls", "compile", "parse", "debug", "docs"}
"""The commands of dbt that only read the warehouse."""
PATH_OPTIONS = (
    *("--project-dir", ".", "--profiles-dir", ".", "--target-path", "target", "--log-path", "logs"),
    *("--log-level-file", "info"),
)
"""Options of every command: where the project is, as seen from its folder."""


@cache
def model_version() -> str:
    """The declared version of the models (dbt_project.yml); if it is raised, all months are built again."""
    return str(read_yaml(DBT / "dbt_project.yml")["version"])


def project_files() -> Iterator[Path]:
    """The files of the project."""
    return (path for path in DBT.rglob("*") if path.suffix in SUFFIXES and "target" not in path.parts)


@cache
def project_digest() -> str:
    """A digest of the project's files and of the declared sources."""
    return digest_of_files(*project_files(), *(CONFIG / "sources").glob("*.yaml"))


@dataclass(frozen=True)
class Ended:
    """The result of dbt: its output, and the result of each node (``unique_id``, ``status``, ``error_code``, …)."""

    returncode: int
    output: str
    results: list[dict[str, Any]]


class Engine(Protocol):
    """What runs the models: a warehouse, or another value with a folder for dbt and the variables of profiles.yml."""

    @property
    def dbt_folder(self) -> Path: ...

    def dbt_variables(self) -> dict[str, str]: ...

    def exists(self) -> bool: ...

    def check(self) -> None: ...


def run_dbt(
    warehouse: Engine, commands: Sequence[Sequence[str]], months: Sequence[date] = (), process: Path = DBT_PROCESS
) -> Ended:
    """Runs dbt's commands on the warehouse in one start of dbt, for these months; its output is captured.

    ``process`` is the program that runs them. The months are passed by an environment variable: with other ``--vars``
    than before dbt parses the whole project again (2.7 s, 2026-11).
    """
    folder = warehouse.dbt_folder
    link_project(folder)
    results = folder / "target" / "results.json"
    results.unlink(missing_ok=True)
    with subprocess.Popen(
        # As a file: its package would import Luigi (0.4 s, 2026-11). -P: its folder is not on the module path.
        [sys.executable, "-P", process, json.dumps([[*command, *PATH_OPTIONS] for command in commands])],
        cwd=folder,
        env=environment(warehouse) | {"MOBILITY_MONTHS": ",".join(map(str, sorted(months)))},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - no other thread of this process runs at this time
    ) as ended:
        output = "".join(without_progress(ended.stdout or ()))
    found: list[dict[str, Any]] = []
    with suppress(FileNotFoundError, ValueError):  # the process ended before it had written all of it
        found = json.loads(results.read_text())
    return Ended(ended.returncode, output, found)


def without_progress(lines: Iterable[str]) -> Iterator[str]:
    """The lines that dbt prints, without those of its progress, which are reported."""
    for line in lines:
        if line.startswith(PROGRESS):
            report(*map(int, line.removeprefix(PROGRESS).split()))
        else:
            yield line


def run_dbt_command(warehouse: Warehouse, builder: Engine, arguments: Sequence[str]) -> int:
    """Runs the command ``dbt`` for all months, with its output on the terminal; returns its exit code.

    A command that only reads runs on the warehouse file, another one on what its engine builds (``builder``).
    """
    options = () if has_no_command(arguments) else PATH_OPTIONS
    command = [*console_script("dbt", "dbt.cli.main"), *arguments, *options]
    if is_reader(arguments):  # in a folder of its own: a run may be writing to the other one's target
        own = replace(warehouse, dbt_folder=warehouse.dbt_folder / "readers")
        return run_reader(own, command, MOBILITY_MONTHS="")
    link_project(builder.dbt_folder)
    return run_in(builder.dbt_folder, command, environment(builder) | {"MOBILITY_MONTHS": ""})


def run_in(folder: Path, command: Sequence[str], env: Mapping[str, str]) -> int:
    """Runs a command in the folder, with its output on the terminal; returns its exit code, as a shell has it."""
    colors = {} if sys.stdout.isatty() else {"DBT_USE_COLORS": "false"}
    sys.stdout.flush()
    ended = subprocess.run(command, cwd=folder, env={**env, **colors}, check=False, preexec_fn=die_with_parent)
    return ended.returncode if ended.returncode >= 0 else 128 - ended.returncode


def console_script(name: str, module: str) -> list[str]:
    """What runs a package's console script, which may be in another folder than Python, or in none.

    Ctrl-C and a closed pipe end it, as they end any program, without a stack trace.
    """
    code = (
        "import signal, sys; [signal.signal(one, signal.SIG_DFL) for one in (signal.SIGPIPE, signal.SIGINT)]; "
        f"from {module} import cli; sys.argv[0] = '{name}'; sys.exit(cli())"
    )
    return [*PYTHON, "-c", code]


def is_reader(arguments: Sequence[str]) -> bool:
    """Whether the command of dbt only reads the warehouse, or does not open it."""
    return has_no_command(arguments) or bool(READERS & {*arguments[:1]})


def has_no_command(arguments: Sequence[str]) -> bool:
    """Whether the arguments are of no command: ``--version``, or none."""
    return all(argument.startswith("-") for argument in arguments[:1])


def link_project(folder: Path) -> None:
    """Links the project into the folder, which has a target and logs of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in DBT.iterdir():
        link = folder / path.name
        if path.name in OWN or (link.is_symlink() and link.readlink() == path):
            continue
        if link.is_dir() and not link.is_symlink():  # a copied data folder in which the copy followed the links
            shutil.rmtree(link)
        link.unlink(missing_ok=True)
        link.symlink_to(path)


def environment(warehouse: Engine) -> dict[str, str]:
    """The environment of this process, with what profiles.yml and the macro declared_sources read."""
    return os.environ | {
        **warehouse.dbt_variables(),
        "MOBILITY_DECLARED_SOURCES": declared_sources(),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def declared_sources() -> str:
    """The declared sources as JSON: the models derive their unions and enums from them (declared_sources.sql)."""
    facts = [
        {
            "name": source.name,
            "trip_type": source.trip_type,
            "staging_model": source.staging_model_name,
            "is_static": source.static,
        }
        for source in sources().values()
    ]
    return json.dumps(facts)


def semantic_manifest(warehouse: Warehouse) -> Path:
    """The semantic layer as MetricFlow reads it: dbt's semantic_manifest.json, parsed again where the project changed.

    Raises TransformFailed where dbt cannot parse the project.
    """
    target = warehouse.dbt_folder / "target"
    manifest, parsed = target / "semantic_manifest.json", target / PARSED
    if not (manifest.exists() and parsed.exists() and parsed.read_text() == project_digest()):
        parse(warehouse)
    return manifest


def document(warehouse: Warehouse) -> str:
    """Dbt's documentation of the models, one page of HTML; the semantic manifest is written as well.

    It shows what the project declares, without a catalogue of the warehouse: contracts have columns and types.
    Raises TransformFailed where dbt cannot parse the project.
    """
    parse(warehouse, ["docs", "generate", "--static", "--no-compile", "--empty-catalog"])
    return with_types(warehouse.dbt_folder / "target")


def parse(warehouse: Warehouse, *commands: Sequence[str]) -> None:
    """Parses the project with dbt, then runs more commands; their results are in the folder's ``target``."""
    target = warehouse.dbt_folder / "target"
    (target / PARSED).unlink(missing_ok=True)
    if IS_INSTALLED:  # dbt goes by modification times, which do not tell one installed version from another
        (target / "partial_parse.msgpack").unlink(missing_ok=True)
    ended = run_dbt(warehouse, [["parse"], *commands])
    if ended.returncode:
        reason = f"dbt cannot parse the project: {last_lines(ended.output)}"
        raise disk_error(ended.output) or TransformFailed(reason)
    (target / PARSED).write_text(project_digest())


def last_lines(output: str) -> str:
    return " ".join(line.strip() for line in output.splitlines()[-8:])


def run_metricflow(warehouse: Warehouse, arguments: Sequence[str]) -> int:
    """Runs ``mf`` on the warehouse, with its output on the terminal; returns its exit code."""
    semantic_manifest(warehouse)  # in the project's ``target``, where MetricFlow looks for it
    return run_reader(warehouse, [*PYTHON, str(METRICFLOW_PROCESS), f"{program()} metrics", *arguments])


def run_reader(warehouse: Warehouse, command: Sequence[str], **variables: str) -> int:
    """Runs a command that only reads, in the project's folder with its output on the terminal; returns its exit code.

    It does not wait for a process that writes the warehouse: this one does, and keeps the file open for reading.
    """
    folder = warehouse.dbt_folder
    link_project(folder)
    env = environment(warehouse) | {"MOBILITY_ACCESS": "read_only"} | variables
    if warehouse.path.exists():
        raw.follow_folder(warehouse)
    with warehouse.connect(read_only=True) if warehouse.path.exists() else nullcontext():
        return run_in(folder, command, env)
