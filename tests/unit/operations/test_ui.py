"""The verb ui."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests


def test_ui_starts_luigid_on_loopback_and_prints_its_address_and_its_graph_has_months(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pipeline", "ui", "--port", str(port)]
    variables = os.environ | {"MOBILITY_DATA": str(tmp_path)}
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as luigid:
        try:
            assert luigid.stdout is not None
            assert luigid.stdout.readline().startswith(f"http://127.0.0.1:{port}, until Ctrl-C")
            deadline = time.monotonic() + 60
            while True:
                try:
                    answer = requests.get(f"http://127.0.0.1:{port}/", timeout=5)
                    break
                except requests.ConnectionError:
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
            assert answer.status_code == 200
            script = requests.get(f"http://127.0.0.1:{port}/static/visualiser/js/graph.js", timeout=5)
            assert "p.months" in script.text and script.headers["Content-Type"].startswith("text/javascript")
        finally:
            luigid.terminate()
    assert (tmp_path / "luigid").is_dir()
