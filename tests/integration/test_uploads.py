"""Months in object storage, by the commands that people run: what lies there equals what is published here."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import fsspec
import pytest

from tests.conftest import HERE, LONGEST_S, Workspace, foreign_lines
from tests.object_storage import BUCKET, SECRETS, ObjectStorage, error, object_storage, slowly

RANGE = ("backfill", "2024-01", "2024-04", "--workers", "2")


@pytest.fixture
def storage() -> Iterator[ObjectStorage]:
    with object_storage() as served:
        yield served


@pytest.fixture
def workspace(copy_finished: Callable[[], Workspace], storage: ObjectStorage) -> Workspace:
    """Three complete months, of which nothing is uploaded yet."""
    workspace = copy_finished()
    workspace.environment = storage.environment
    return workspace


def expected(data: Path) -> dict[str, str]:
    """The digests of all files that are published, without receipts."""
    receipts = {data / name for name in ("published", "published/metrics", "reports", "reports/explore")}
    files = [path for top in ("published", "reports") for path in (data / top).rglob("*") if path.is_file()]
    return {
        str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if not (path.suffix == ".json" and path.parent in receipts)
    }


def without_manifests(digests: dict[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in digests.items() if not name.startswith("manifests/")}


def assert_mirrored(workspace: Workspace, storage: ObjectStorage) -> None:
    """What lies there are the files of now, and each manifest lists those of its month as they are."""
    assert without_manifests(storage.digests) == expected(workspace.data) != {}
    listed = [json.loads(content)["objects"] for name, content in storage.objects.items() if name.startswith("manif")]
    assert {name: one["sha256"] for objects in listed for name, one in objects.items()} == expected(workspace.data)


def assert_secrets_are_nowhere(workspace: Workspace, *ended: subprocess.CompletedProcess[str]) -> None:
    """Neither in what was printed, nor in a log or a receipt."""
    files = [path for path in workspace.data.rglob("*") if path.suffix in {".json", ".jsonl", ".log", ".html"}]
    texts = [path.read_text() for path in files] + [one.stdout + one.stderr for one in ended]
    assert not any(secret in text for text in texts for secret in SECRETS.values())


def test_months_are_mirrored_once_with_their_manifests_last(workspace: Workspace, storage: ObjectStorage) -> None:
    ended = workspace.command(*RANGE)
    assert ended.returncode == 0, ended.stderr
    assert foreign_lines(ended.stdout + ended.stderr) == []
    assert_mirrored(workspace, storage)
    assert_secrets_are_nowhere(workspace, ended)
    puts = storage.names_of("PUT")
    assert len(puts) == len(set(puts)) == len(storage.objects)
    for label in ("2024-01", "2024-02", "2024-03"):
        of_month = [name for name in puts if label in name]
        assert of_month[-1] == f"manifests/{label}.json" and len(of_month) > 20
    count = len(storage.requests)
    assert workspace.command(*RANGE).returncode == 0
    assert len(storage.requests) == count


def test_what_lies_there_is_read_as_tables(
    workspace: Workspace, storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert workspace.run_month("2024-01").returncode == 0, "Luigi's own command uploads as well"
    for name, value in storage.environment.items():
        monkeypatch.setenv(name, value)
    with duckdb.connect() as con:
        con.register_filesystem(fsspec.filesystem("s3", use_listings_cache=False))
        there, here = (
            con.execute(f"select * from '{root}/published/fct_trips/month=2024-01/*.parquet' order by all").fetchall()
            for root in (f"s3://{BUCKET}/nyc", workspace.data)
        )
    assert there == here != []


def test_a_run_whose_upload_fails_says_so_and_the_next_one_uploads_what_is_missing(
    workspace: Workspace, storage: ObjectStorage
) -> None:
    storage.fault = lambda method, path: error(403, "AccessDenied") if "2024-02" in path else None
    ended = workspace.command(*RANGE)
    assert ended.returncode == 30
    [line] = [line for line in ended.stderr.splitlines() if line.startswith("failed ")]
    assert "2024-02" in line and f"s3://{BUCKET}/nyc: refused the credentials" in line and "s3:PutObject" in line
    assert foreign_lines(ended.stdout + ended.stderr) == []
    assert "manifests/2024-02.json" not in storage.objects
    status = workspace.command("status")
    assert f"to be uploaded to s3://{BUCKET}/nyc: " in status.stdout and "incomplete" not in status.stdout
    health = json.loads(workspace.command("health").stdout)
    assert any(text.startswith("months could not be uploaded: ") for text in health["problems"])
    assert_secrets_are_nowhere(workspace, ended, status)
    storage.fault = lambda method, path: None
    assert workspace.command("month", "2024-01").returncode == 0
    assert_mirrored(workspace, storage)
    puts = storage.names_of("PUT")
    assert sorted(set(puts)) == sorted({name for name in puts if "2024-02" not in name} | {*storage.objects})


def test_after_a_kill_the_next_run_uploads_the_rest(workspace: Workspace, storage: ObjectStorage) -> None:
    storage.fault = slowly(0.05)
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *RANGE],
        cwd=HERE,
        env=workspace.variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + LONGEST_S
    while len(storage.names_of("PUT")) < 30 and time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    storage.fault = lambda method, path: None
    assert not any(name.startswith("manifests/") for name in storage.objects)
    assert workspace.command("month", "2024-02").returncode == 0
    assert_mirrored(workspace, storage)
    puts = storage.names_of("PUT")
    assert len(puts) - len(set(puts)) <= 2, "only what was under way in two workers is uploaded twice"


def test_a_forgotten_month_is_deleted_there_at_once_or_by_the_next_command(
    workspace: Workspace, storage: ObjectStorage
) -> None:
    assert workspace.command("month", "2024-01").returncode == 0
    (workspace.data / "warehouse/nyc_mobility.duckdb").unlink()  # to rebuild its tables would take most of the time
    storage.fault = lambda method, path: error(503, "SlowDown") if method == "DELETE" else None
    environment = {"LUIGI_CONFIG_PATH": str(workspace.data.parent / "luigi.cfg")}
    Path(environment["LUIGI_CONFIG_PATH"]).write_text("[upload]\nattempts = 1\n")
    ended = workspace.run("python", "-m", "pipeline", "forget", "2024-03", **environment)
    assert ended.returncode == 30
    assert ended.stdout.startswith("2024-03: deleted everything")
    assert ended.stderr.startswith(f"error: 2024-03: s3://{BUCKET}/nyc: answered HTTP status 503 at every attempt")
    assert len(ended.stderr.splitlines()) == 1
    storage.fault = lambda method, path: None
    ended = workspace.command("forget", "2024-02")
    assert ended.returncode == 0, ended.stderr
    assert not [name for name in storage.objects if "2024-02" in name or "2024-03" in name]
    assert_mirrored(workspace, storage)


@pytest.mark.long
def test_a_folder_can_be_the_store(workspace: Workspace, tmp_path: Path) -> None:
    workspace.environment["MOBILITY_PUBLISH_URL"] = (tmp_path / "mirror").as_uri()
    ended = workspace.luigi("Upload", "--month", "2024-01")
    assert ended.returncode == 0, ended.stderr
    files = {str(path.relative_to(tmp_path / "mirror")): path for path in (tmp_path / "mirror").rglob("*")}
    digests = {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if path.is_file() and not name.startswith("manifests/")
    }
    everything = expected(workspace.data)
    others = {name for name in everything if "2024-02" in name or "2024-03" in name}
    assert digests == {name: digest for name, digest in everything.items() if name not in others}


def test_without_an_address_no_package_for_storage_is_imported(workspace: Workspace) -> None:
    code = (
        "import sys; from pipeline.cli import main; code = main(['month', '2024-01']); "
        "print(code, sorted({'fsspec', 's3fs', 'botocore'} & set(sys.modules)))"
    )
    workspace.environment = {}
    ended = workspace.run("python", "-c", code)
    assert ended.stdout.splitlines()[-1] == "0 []", ended.stderr
