"""The verb ui: Luigi's scheduler with its pages, until it is interrupted."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.tasks.scheduler import run_luigid


def ui(data: Path, address: str, port: int, options: Sequence[str]) -> int:
    """Runs luigid on the address, which stores its state and its history in the data folder."""
    print(f"http://{address}:{port}, until Ctrl-C; MOBILITY_SCHEDULER=luigid has runs use it", flush=True)
    run_luigid(data, address, port, options)
    return 0
