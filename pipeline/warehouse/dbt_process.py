"""dbt's commands, one after the other in this process: ``python -P dbt_process.py '[["parse"], ["docs", …]]'``.

They run in their own process, because dbt locks DuckDB's file until its process ends and has much global state.
Commands after ``parse`` do not parse the project again.
"""

import atexit
import gc
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunResult
    from dbt_common.events.base_types import EventMsg

RESULTS = Path("target/results.json")
"""The result of each node of the last command. dbt writes its own run_results.json only together with the manifest of
the whole project, which takes 1.2 s and is needed only when the project has changed (2026-11)."""

PROGRESS = "\0"
"""How a line of output begins that says how many nodes are done, and how many there are."""

ERROR_CODE = re.compile(r"^\s*(MOBILITY-[A-Z]+): ", re.MULTILINE)
"""The code that the project's macros put before the reason of an error (raise_rebuild_needed.sql)."""


def run(commands: Sequence[list[str]]) -> bool:
    """Runs the commands until one fails; returns whether all succeeded."""
    gc.disable()  # collection takes 10% of the time, and a process of seconds frees little memory by it
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    manifest: Manifest | None = None
    for command in commands:
        ended = dbtRunner(manifest=manifest, callbacks=[Nodes().print_progress]).invoke(command)
        nodes = [result for result in getattr(ended.result, "results", []) if hasattr(result, "node")]
        RESULTS.write_text(json.dumps([to_record(result) for result in nodes]))  # run-operation has no nodes
        if not ended.success:
            return False
        manifest = ended.result if isinstance(ended.result, Manifest) else manifest
    return True


class Nodes:
    """Counts the nodes of a command that are done."""

    total = done = 0

    def print_progress(self, event: "EventMsg") -> None:
        """Prints a line of progress for a node that is done."""
        if event.info.name == "LogStartLine":
            self.total = event.data.total
        elif event.info.name == "NodeFinished" and self.total:
            self.done += 1
            print(f"{PROGRESS}{self.done} {self.total}\n", end="", flush=True)


def to_record(result: "RunResult") -> dict[str, Any]:
    """The result of a node as a JSON record."""
    return {
        "unique_id": result.node.unique_id,
        "status": str(result.status),
        "message": result.message,
        "error_code": error_code(result.message),
        "execution_time": result.execution_time,
        "compiled_code": getattr(result.node, "compiled_code", None),
    }


def error_code(message: str | None) -> str | None:
    """``MOBILITY-REBUILD`` of an error that a macro of the project raised with it."""
    found = ERROR_CODE.search(message or "")
    return found[1] if found else None


def end(succeeded: bool) -> NoReturn:
    """Ends the process once dbt has closed DuckDB's file. To free all objects of Python takes 0.4 s more (2026-11)."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(not succeeded)


if __name__ == "__main__":
    end(run(json.loads(sys.argv[1])))
