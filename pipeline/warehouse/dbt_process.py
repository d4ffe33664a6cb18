"""dbt's commands, one after the other in this process: ``python -P dbt_process.py '[["parse"], ["docs", …]]'``.

A process of their own, because dbt locks DuckDB's file while it lives and keeps much in global state. What comes after
``parse`` does not read the project again.
"""

import gc
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunResult

RESULTS = Path("target/results.json")
"""What came of each node of the last command. dbt itself writes its run_results.json only together with the manifest of
the whole project, which takes 1.2 s and is wanted where the project has changed, not in every month (2026-11)."""

ERROR_CODE = re.compile(r"^\s*(MOBILITY-[A-Z]+): ", re.MULTILINE)
"""The code that the project's macros put before the reason of an error (raise_rebuild_needed.sql)."""


def run(commands: Sequence[list[str]]) -> bool:
    """Runs the commands until one fails; returns whether all went well."""
    gc.disable()  # dbt lives for seconds and keeps what it makes: looking for what it does not is a tenth of the time
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    manifest: Manifest | None = None
    for words in commands:
        ended = dbtRunner(manifest=manifest).invoke(words)
        RESULTS.write_text(json.dumps([told(result) for result in getattr(ended.result, "results", [])]))
        if not ended.success:
            return False
        manifest = ended.result if isinstance(ended.result, Manifest) else manifest
    return True


def told(result: "RunResult") -> dict[str, Any]:
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


if __name__ == "__main__":
    sys.exit(not run(json.loads(sys.argv[1])))
