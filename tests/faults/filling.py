"""A small disk, and commands that run on it while it becomes full.

``python -m tests.faults.filling TASK KEPT FILE luigi ARGUMENTS`` runs Luigi in this process. Whenever a task of that
name starts, in this process or in one that it forked, it fills the disk with the file, up to KEPT KiB; at once where
TASK is ``start``.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.sample.server import Upstream
from tests.conftest import HERE, LONGEST_S, Workspace
from tests.faults.killing import START, Command
from tests.webhook import Webhook, listening

MEGABYTES = 200
"""The size of the small disk: several times what two small months take with dbt's and MetricFlow's files."""
FULL = r"the disk of \S+ is full \([\d,.]+ MB are free\); free some space, or choose another MOBILITY_DATA"
NO_ROOM = r"needs [\d,]+ bytes, [\d,]+ are free; free some space, or choose another MOBILITY_DATA"
PARTIAL = r"\.part$|\.part/|\.new$|\.work/|\.spill/|/spill/|/tmp_"
"""Names of files that are not complete yet."""


@contextmanager
def on_small_disk(folder: Path, upstream: Upstream, **environment: str) -> Iterator[tuple[Workspace, Webhook]]:
    """A data folder on a disk in memory, and the alerts that its commands send, which begin however little is free."""
    (disk := folder / "disk").mkdir()
    (folder / "luigi.cfg").write_text("[mobility]\nleast_free_gb = 0\n")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(disk)], check=False)
    assert mounted.returncode == 0, "only root can mount a small disk; -m 'not mount' runs the other tests"
    try:
        with listening() as webhook:
            own = {"MOBILITY_ALERT_URLS": webhook.address, "LUIGI_CONFIG_PATH": str(folder / "luigi.cfg")}
            yield Workspace(disk / "data", upstream, environment | own), webhook
    finally:
        subprocess.run(["umount", disk], check=True)


def fill(ballast: Path, kept: int) -> None:
    """Fills the disk with the file, up to so many KiB."""
    with ballast.open("ab") as file:
        for size in (1 << 20, 1 << 16, 1 << 12):
            with suppress(OSError):  # another process wrote in the meantime
                while shutil.disk_usage(ballast.parent).free >= 1024 * kept + size:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)


def run_filling(workspace: Workspace, task: str, kept: int, command: Command) -> subprocess.CompletedProcess[str]:
    """Runs the command on a disk that becomes full, up to so many KiB, when a task of this name starts."""
    ballast = workspace.data.with_name("ballast")
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.filling", task, str(kept), str(ballast), *command],
        cwd=HERE,
        env=workspace.variables,
        text=True,
        capture_output=True,
        check=False,
        timeout=LONGEST_S,
    )
    ballast.unlink(missing_ok=True)
    return ended


def check_that_it_failed_on_the_disk(
    workspace: Workspace, ended: subprocess.CompletedProcess[str], webhook: Webhook, context: str
) -> list[str]:
    """The lines that say so. Raises AssertionError for other ones, for a partial file and where no alert was sent."""
    text = f"{context}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
    lines = [line for line in ended.stderr.splitlines() if re.search(r" ERROR |^error: ", line)]
    assert ended.returncode in {2, 30} and lines, text
    assert "Traceback" not in text
    assert all(re.search(f"{FULL}|{NO_ROOM}", line) for line in lines), text
    assert not [path for path in workspace.files() if re.search(PARTIAL, path)], text
    assert not [*wrong_sizes(workspace.data)], text
    assert {"the disk is full or not writable", "a run cannot start"} & {*webhook.titles}, text
    assert re.search(f"{FULL}|{NO_ROOM}", webhook.sent[0]["message"]), webhook.sent
    webhook.sent.clear()
    shutil.rmtree(workspace.data / "alerts", ignore_errors=True)  # so that the next one is sent again
    return lines


def wrong_sizes(data: Path) -> Iterator[str]:
    """The files that have another size than their receipt says."""
    for receipt in data.rglob("*.json"):
        if "reports/quality" in str(receipt) or receipt.is_relative_to(data / "dbt"):
            continue
        record = json.loads(receipt.read_bytes() or b"{}")
        for name, size in record.get("files", {}).items():
            path = data / name
            if not path.exists() or size not in {None, path.stat().st_size}:
                yield f"{receipt}: {name} has not {size} bytes"


def main(task: str, kept: str, ballast: str, *command: str) -> None:
    sys.argv = [*command]  # which Luigi reads when it is imported
    import luigi
    from luigi.cmdline import luigi_run

    @luigi.Task.event_handler(luigi.Event.START)  # type: ignore[no-untyped-call, untyped-decorator]
    def started(one: luigi.Task) -> None:
        if one.task_family == task:
            fill(Path(ballast), int(kept))

    if task == START:
        fill(Path(ballast), int(kept))
    luigi_run()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main(*sys.argv[1:])
