"""What a data folder holds, as values that are equal where two folders hold the same."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb

from pipeline.database import file_argument
from tests.conftest import Workspace

SCHEMAS = ("raw_data", "core", "audit", "quality", "estimates")
TIMES = {"fetched_at", "loaded_at", "replaced_at", "judged_at"}
WEATHER = {"sha256", "bytes"}
"""Columns that differ between two equal answers of the weather archive: it writes into each how long it took."""
OWN_TO_A_RUN = ("runs/", "logs/", "dbt/", "reports/quality/", ".running.")
"""Paths of what a run notes of itself, of Data Docs, which are a history of judgements, and of dbt's target."""
HISTORY = ("raw_data.replaced", "audit.file_history", "quality.findings")
"""Tables of what has happened, which differ where a step was done twice. Findings are compared as audit.findings."""


def state(workspace: Workspace) -> dict[str, object]:
    """Rows and an order-independent hash of each table and published file, and the path of every other file.

    Times of loading and judging are left out, and so is the upstream's port. Of receipts, what matters is whether they
    hold.
    """
    paths = {path: workspace.data / path for path in workspace.files() if not path.startswith(OWN_TO_A_RUN)}
    files = {
        path: receipt_of(file, workspace.data) if file.suffix == ".json" else "a file" for path, file in paths.items()
    }
    with duckdb.connect(workspace.data / "warehouse/nyc_mobility.duckdb", read_only=True) as con:
        return files | dict(stored(con, workspace.data)) | dict(tables(con))


def receipt_of(file: Path, data: Path) -> str:
    """Whether each input of a receipt still has the digest that is noted in it; of another file, that it is stored."""
    inputs = json.loads(file.read_bytes()).get("made_from", {})
    outdated = [name for name, digest in inputs.items() if digest_in(data / name) != digest]
    return f"outdated, {', '.join(outdated)} changed" if outdated else "a file"


def digest_in(receipt: Path) -> object:
    with contextlib.suppress(FileNotFoundError):
        return json.loads(receipt.read_bytes())["digest"]
    return None


def stored(con: duckdb.DuckDBPyConnection, data: Path) -> Iterator[tuple[str, object]]:
    """Of the raw rows and of what is published."""
    histories = {name.split(".")[1] for name in HISTORY}
    for path in sorted([*(data / "parquet").rglob("*"), *(data / "published").rglob("*")]):
        if path.suffix in {".csv", ".parquet"} and path.stem not in histories:
            relation = f"read_{path.suffix[1:]}({file_argument(path)})"
            yield str(path.relative_to(data)), hash_of(con, relation)


def tables(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, object]]:
    named = "select schema_name || '.' || table_name from duckdb_tables() where schema_name in $1"
    views = """
        select schema_name || '.' || view_name from duckdb_views()
        where schema_name in $1 and schema_name <> 'raw_data'
    """
    for (name,) in con.execute(f"{named} union all {views} order by 1", [SCHEMAS]).fetchall():
        if name not in HISTORY:
            rows = "(from audit.findings where is_latest)" if name == "audit.findings" else name
            yield f"table {name}", hash_of(con, rows)


def hash_of(con: duckdb.DuckDBPyConnection, relation: str) -> object:
    """The number of rows and the sum of their hashes."""
    described = con.execute(f"describe select * from {relation}").fetchall()
    types = {name: type_ for name, type_, *_ in described if name not in TIMES}
    values = ", ".join(comparable(name, type_, types) for name, type_ in types.items())
    return con.execute(f"select count(*), sum(hash({values}))::varchar from {relation}").fetchall()[0]


def comparable(name: str, type_: str, types: dict[str, str]) -> str:
    """SQL for the column's value without what differs from run to run."""
    if name in WEATHER and "source" in types:
        return f"if(source = 'weather', null, {name})"
    if name == "url":
        return "regexp_replace(url, '^http://[^/]+', '')"
    if type_ == "DOUBLE":  # a sum of doubles depends on their order
        return f"""format('{{:.12g}}', "{name}")"""
    # The hash of an enum's value depends on the order in which its type was written.
    return f'"{name}"::varchar' if "ENUM" in type_ else f'"{name}"'


def differences(expected: dict[str, object], found: dict[str, object]) -> list[str]:
    """One line for each table, file and published value that differs."""
    return [
        f"{name}: {shortened(found.get(name, 'missing'))}, expected {shortened(expected.get(name, 'none'))}"
        for name in sorted({*expected, *found})
        if expected.get(name) != found.get(name)
    ]


def shortened(value: object) -> str:
    text = str(value)
    return text if len(text) < 100 else f"{text[:100]} …"


def verified(workspace: Workspace) -> str:
    """What ``verify`` finds in the folder."""
    return workspace.command("verify").stdout.replace(str(workspace.data), "")


def check(workspace: Workspace, expected: dict[str, object], context: str) -> None:
    """Raises AssertionError where the folder holds something else, or ``verify`` finds something else in it."""
    different = differences(expected, state(workspace) | {"verify": verified(workspace)})
    assert not different, "\n".join([context, *different])
