"""A machine that systemd boots in namespaces of its own, on a copy of this system's files that is lost afterwards."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import HERE

PROJECT, DISK = Path("/opt/nyc-mobility"), Path("/mnt/disk")
"""Where the machine has the project, and a disk for the data folder."""
PYTHON = Path(sys.executable).resolve()
CLONE_NEWNET = 0x40000000

# PID 1 of new namespaces of processes, mounts, networks, hostnames and IPC, with control groups below one of its own.
# Units that need devices or the kernel's settings are skipped where /sys and /proc/sys are read-only. systemd-tmpfiles
# would empty /tmp.
BOOT = """
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs "$WORK"
cd "$WORK"
mkdir upper work root cgroup
mount -t cgroup2 cgroup2 cgroup
mkdir "cgroup/$NAME"
echo 0 > "cgroup/$NAME/cgroup.procs"
umount cgroup
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
cd root
mkdir -p old ".$DISK" ".$PROJECT/.venv/lib" etc/systemd/system
ln -s /dev/null etc/systemd/system/systemd-tmpfiles-setup.service
mount -t tmpfs tmpfs ".$DISK"
mount --bind "$LIBRARY" ".$PROJECT/.venv/lib"
for folder in run dev; do mount -t tmpfs tmpfs $folder; done
for node in null zero full random urandom tty; do touch dev/$node; mount --bind /dev/$node dev/$node; done
ln -s /proc/self/fd dev/fd
mkdir dev/shm dev/pts
mount -t devpts -o ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,ro,bind proc/sys
mount -t sysfs -o ro sysfs sys
exec unshare --cgroup bash -euc '
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  pivot_root . old
  cd /
  umount -l /old
  container=test exec /lib/systemd/systemd --system --unit=basic.target
'
"""
CLEAN = """
mount -t tmpfs tmpfs "$WORK"
mkdir "$WORK/cgroup"
mount -t cgroup2 cgroup2 "$WORK/cgroup"
find "$WORK/cgroup/$NAME" -depth -type d -exec rmdir {} +
"""


@dataclass(frozen=True)
class Machine:
    """``pid`` is that of its PID 1; ``root`` its file system, as seen from here."""

    pid: int

    @property
    def root(self) -> Path:
        return Path(f"/proc/{self.pid}/root")

    def path(self, path: Path | str) -> Path:
        return self.root / str(path).lstrip("/")

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs a command as root of the machine."""
        enter = ["nsenter", f"--target={self.pid}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
        return subprocess.run(
            [*enter, "--", *command],
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"} | variables,
            cwd="/",
            text=True,
            capture_output=True,
            check=False,
            timeout=300,
        )

    def systemctl(self, *arguments: str) -> str:
        ended = self.run("systemctl", *arguments)
        assert ended.returncode == 0, f"systemctl {arguments}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def state(self, unit: str) -> dict[str, str]:
        """The properties of a unit that say how its last start ended."""
        names = "ActiveState,Result,ExecMainStatus,ExecMainPID,ExecMainStartTimestampMonotonic"
        return dict(line.split("=", 1) for line in self.systemctl("show", f"--property={names}", unit).splitlines())

    def journal(self, unit: str) -> str:
        return self.run("journalctl", "--no-pager", "--output=cat", f"--unit={unit}").stdout

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 300
        while not holds():
            assert time.monotonic() < deadline, f"not so: {what}; {self.journal('mobility-*')}"
            time.sleep(1)

    def wait_until_ended(self, unit: str) -> dict[str, str]:
        """Waits until a oneshot service that a timer starts has ended."""
        self.wait_until(lambda: self.has_ended(unit), f"{unit} ends")
        return self.state(unit)

    def has_ended(self, unit: str) -> bool:
        state = self.state(unit)
        return state["ExecMainStartTimestampMonotonic"] != "0" and state["ActiveState"] in ("inactive", "failed")

    def is_connected_to(self, port: int) -> bool:
        """Whether a process has a connection to this port of the machine."""
        lines = Path(f"/proc/{self.pid}/net/tcp").read_text().splitlines()
        return any(line.split()[2].endswith(f":{port:04X}") and line.split()[3] == "01" for line in lines)

    @contextlib.contextmanager
    def network(self) -> Iterator[None]:
        """Sockets that this thread opens in the meantime are in the machine's network."""
        libc = ctypes.CDLL(None, use_errno=True)
        with Path("/proc/thread-self/ns/net").open() as own, Path(f"/proc/{self.pid}/ns/net").open() as there:
            assert libc.setns(there.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            try:
                yield
            finally:
                assert libc.setns(own.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())


@contextlib.contextmanager
def booted() -> Iterator[Machine]:
    """A machine with the project and its Python."""
    reason = "only root can boot systemd, in namespaces and with overlayfs; -m 'not boot' runs the other tests"
    assert os.geteuid() == 0, reason
    for program, package in {"/lib/systemd/systemd": "systemd", "unshare": "util-linux", "mount": "mount"}.items():
        assert shutil.which(program), f"{program} is missing (Debian: apt install {package}); or {reason}"
    work = Path(tempfile.mkdtemp(prefix="machine-"))
    variables = {"WORK": str(work), "NAME": work.name, "DISK": str(DISK), "PATH": os.environ["PATH"]}
    variables |= {"PROJECT": str(PROJECT), "LIBRARY": str(Path(sys.prefix).resolve() / "lib")}
    namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--net", "--uts", "--ipc"]
    with (work.with_suffix(".log")).open("w+") as log:
        command = ["unshare", *namespaces, "bash", "-c", BOOT]
        with subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as starter:
            try:
                machine = Machine(first_process(starter))
                wait_until_running(machine)
                install(machine)
                yield machine
            except AssertionError as error:
                log.seek(0)
                error.add_note(f"{reason}; what the machine printed: {log.read()}")
                raise
            finally:
                kill(starter)
    subprocess.run(["unshare", "--mount", "bash", "-c", CLEAN], env=variables, check=True)
    work.with_suffix(".log").unlink()
    work.rmdir()


def kill(starter: "subprocess.Popen[bytes]") -> None:
    """Kills the machine's PID 1, and with it all of its processes. unshare ends when they are gone."""
    for pid in children(starter) or [starter.pid]:
        os.kill(pid, signal.SIGKILL)
    starter.wait(30)


def children(starter: "subprocess.Popen[bytes]") -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{starter.pid}/task/{starter.pid}/children").read_text().split()]


def first_process(starter: "subprocess.Popen[bytes]") -> int:
    """The child of unshare that is PID 1 in the machine, once it is systemd."""
    for _ in range(200):
        assert starter.poll() is None, "the machine does not boot"
        for pid in children(starter):
            if Path(f"/proc/{pid}/comm").read_text().strip() == "systemd":
                return pid
        time.sleep(0.05)
    raise AssertionError("the machine does not boot within 10 s")


def wait_until_running(machine: Machine) -> None:
    for _ in range(200):
        if machine.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"):
            return
        time.sleep(0.1)
    raise AssertionError(f"the machine's systemd is not ready: {machine.run('systemctl', 'list-jobs').stdout}")


def install(machine: Machine) -> None:
    """Copies the project beside the packages of this environment, so that every user of the machine can read both.

    Services have a /tmp of their own, and do not see what is below that of the machine.
    """
    leave = shutil.ignore_patterns(".venv", ".git", "data", "__pycache__", ".*_cache", "tests")
    shutil.copytree(HERE, machine.path(PROJECT), ignore=leave, dirs_exist_ok=True)
    venv = machine.path(PROJECT / ".venv")
    (venv / "bin").mkdir()
    use_python(machine, PYTHON)
    installed = subprocess.run(["cksum", "requirements.lock"], cwd=HERE, text=True, capture_output=True, check=True)
    (venv / "installed").write_text(installed.stdout)
    for folder in PYTHON.parents:
        machine.path(folder).chmod(0o755)


def use_python(machine: Machine, interpreter: Path) -> None:
    """Has the project's environment run this Python."""
    venv = machine.path(PROJECT / ".venv")
    (venv / "bin/python").unlink(missing_ok=True)
    (venv / "bin/python").symlink_to(interpreter)
    (venv / "pyvenv.cfg").write_text(f"home = {interpreter.parent}\ninclude-system-site-packages = false\n")
