"""What all tasks are: work on one data folder, which one luigid may hear of beside others."""

import hashlib
import socket
from functools import cache
from pathlib import Path
from typing import Any

import luigi

from pipeline.targets import data_folder

OF_THE_FOLDER = {"warehouse", "index"}
"""Resources that each data folder has one of."""


class Task(luigi.Task):
    """A task of this machine's data folder: to luigid, the same month of another folder is another task."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.task_id = f"{self.task_id}_{digest_of(data_folder())}"

    def process_resources(self) -> dict[str, int]:
        suffix = digest_of(data_folder())
        return {f"{name}_{suffix}" if name in OF_THE_FOLDER else name: n for name, n in self.resources.items()}


@cache
def digest_of(folder: Path) -> str:
    return hashlib.sha256(f"{socket.gethostname()}:{folder}".encode()).hexdigest()[:6]
