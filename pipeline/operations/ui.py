"""The verb ui: Luigi's scheduler with its pages, until it is interrupted."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.sources import CONFIG


def ui(data: Path, port: int, options: Sequence[str]) -> int:
    """Becomes luigid on 127.0.0.1, which stores its state and its history in the data folder."""
    folder = data / "luigid"
    folder.mkdir(parents=True, exist_ok=True)
    print(f"http://127.0.0.1:{port}, until Ctrl-C; MOBILITY_SCHEDULER=luigid has runs use it", flush=True)
    os.environ["LUIGI_CONFIG_PATH"] = str(CONFIG / "luigid.cfg")
    luigid = Path(sys.executable).with_name("luigid")
    where = ["--address", "127.0.0.1", "--port", str(port), "--state-path", str(folder / "state.pickle")]
    os.execv(luigid, [str(luigid), *where, *options])  # noqa: S606
