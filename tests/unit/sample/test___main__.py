"""The command line of the generated upstream."""

import subprocess
import sys
from pathlib import Path

import requests

COMMAND = [sys.executable, "-m", "pipeline.sample"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


def test_files_can_be_generated_and_served(tmp_path: Path) -> None:
    options = ["--start", "2023-12", "--months", "2", "--scale", "0.02", "--sources", "fhv_taxi"]
    generated = run("generate", str(tmp_path), *options)
    assert generated.returncode == 0, generated.stderr
    assert "2024-01  fhv_taxi" in generated.stdout
    with subprocess.Popen([*COMMAND, "serve", str(tmp_path)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        url = server.stdout.readline().strip()
        assert requests.head(f"{url}/trip-data/fhv_tripdata_2023-12.parquet", timeout=5).status_code == 200
        server.terminate()


def test_help_has_both_commands_and_every_option() -> None:
    assert {"generate", "serve"} <= set(run("--help").stdout.split())
    options = {word for word in run("generate", "--help").stdout.split() if word.startswith("--")}
    assert options == {"--help", "--start", "--months", "--anomalous-months", "--scale", "--sources", "--seed"}


def test_a_month_in_another_format_is_refused(tmp_path: Path) -> None:
    refused = run("generate", str(tmp_path / "upstream"), "--start", "2024-1")
    assert refused.returncode == 2
    assert "argument --start: month '2024-1'" in refused.stderr
    assert not (tmp_path / "upstream").exists()
