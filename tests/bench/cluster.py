"""A standalone cluster of Apache Spark on this machine: a master and two workers, of one core each."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

MASTER, WORKER = "org.apache.spark.deploy.master.Master", "org.apache.spark.deploy.worker.Worker"
HOST = "127.0.0.1"


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The address of the master. The processes end with the block; their files are in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    address = f"spark://{HOST}:{port}"
    with ExitStack() as running:
        running.enter_context(started(folder, MASTER, "--host", HOST, "--port", str(port), "--webui-port", "0"))
        wait_until_open(port)
        for number in range(2):
            options = ("--host", HOST, "--cores", "1", "--memory", "3g", "--webui-port", "0")
            work = ("--work-dir", str(folder / f"work{number}"))
            running.enter_context(started(folder, WORKER, *options, *work, address))
        yield address


@contextmanager
def started(folder: Path, name: str, *options: str) -> Iterator[None]:
    """A process of Spark's, for the time of the block."""
    package = find_spec("pyspark")
    assert package and package.origin, "./run.sh install spark"
    program = Path(package.origin).parent / "bin/spark-class"
    environment = os.environ | {"SPARK_LOCAL_IP": HOST}
    with (folder / "log").open("a") as log:
        process = subprocess.Popen([program, name, *options], env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def wait_until_open(port: int) -> None:
    """Returns once the port accepts connections."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError(f"{HOST}:{port}: no connection within 60 s")
