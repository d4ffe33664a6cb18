"""The verb ui: Luigi's scheduler with its pages, until it is interrupted."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.loopback import ADDRESS
from pipeline.tasks.scheduler import run_luigid


def ui(data: Path, port: int, options: Sequence[str]) -> int:
    """Runs luigid on 127.0.0.1, which stores its state and its history in the data folder."""
    print(f"http://{ADDRESS}:{port}, until Ctrl-C; MOBILITY_SCHEDULER=luigid has runs use it", flush=True)
    run_luigid(data, ["--address", ADDRESS, "--port", str(port), *options])
    return 0
