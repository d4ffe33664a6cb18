"""What all tasks are: work on one data folder, which one luigid may hear of beside others."""

import hashlib
import logging
import socket
from functools import cache
from pathlib import Path
from typing import Any

import luigi
from luigi.rpc import RPCError

from pipeline.paths import data_folder
from pipeline.process import run_id

log = logging.getLogger(__name__)

OF_THE_FOLDER = {"warehouse", "index"}
"""Resources that each data folder has one of."""


class Task(luigi.Task):
    """A task of this machine's data folder: to luigid, the same month of another folder is another task."""

    is_heard = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        run_id()  # given here, before Luigi forks a process for each task: they all belong to one run
        self.task_id = f"{self.task_id}_{digest_of(data_folder())}"

    @classmethod
    @cache
    def get_params(cls) -> list[tuple[str, luigi.Parameter[Any]]]:
        """Luigi's own, looked for only once a class: in a long range that was a third of the time."""
        return super().get_params()

    def show(self, percent: int | None = None, message: str = "", link: str = "") -> None:
        """Tells luigid's pages how far it is, or what came of it; a luigid that is away is no reason to fail."""
        told = [
            (self.set_progress_percentage, percent),
            (self.set_status_message, message),
            (self.set_tracking_url, link),
        ]
        try:
            for tell, what in told:
                if tell and what and self.is_heard:
                    tell(what)
        except RPCError as error:
            self.is_heard = False
            log.warning("%s: luigid is not told any more, %s", self, error.args[0])

    def process_resources(self) -> dict[str, int]:
        suffix = digest_of(data_folder())
        return {f"{name}_{suffix}" if name in OF_THE_FOLDER else name: n for name, n in self.resources.items()}


@cache
def digest_of(folder: Path) -> str:
    return hashlib.sha256(f"{socket.gethostname()}:{folder}".encode()).hexdigest()[:6]
