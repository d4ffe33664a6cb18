"""Spark cannot start: one line says why. The statements that declare files to it are run by tests/integration."""

import socket
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import BadInput, Unreachable
from pipeline.sources import sources
from pipeline.warehouse import spark

DECLARED = tuple(column.type for column in sources()["yellow_taxi"].columns)
JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)


def java(folder: Path, script: str) -> Path:
    """A JAVA_HOME with a program of this shell script."""
    program = folder / "bin/java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return folder


@pytest.fixture
def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize(
    ("module", "package"), [("no_such_module", "pyspark"), ("no_such_module.adapters.spark", "dbt-spark")]
)
def test_a_missing_package_is_named_with_the_extra_that_has_it(module: str, package: str) -> None:
    with pytest.raises(BadInput, match=rf"^engine spark: {package} is not installed; run \./run\.sh install spark$"):
        spark.check_installed(module, package)


def test_a_missing_java_is_named_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(BadInput, match=r"^engine spark: expected Java 17 or newer, found none on the path; .*$"):
        spark.check_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(BadInput, match=rf"found none in JAVA_HOME, {tmp_path}; install one, or set JAVA_HOME$"):
        spark.check_java()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'openjdk version \"11.0.2\" 2019-01-15' >&2", "found 11, "),
        ("echo 'java version \"1.8.0_402\"' >&2", "found 8, "),
        ("echo 'Error: no\n libjvm.so' >&2; exit 1", "which does not run: Error: no libjvm.so; "),
        ("exit 127", "which does not run: exit code 127; "),
    ],
)
def test_a_java_that_is_too_old_or_does_not_run_is_named_in_one_line(
    script: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "jdk", script)))
    with pytest.raises(BadInput, match=reason) as raised:
        spark.check_java()
    assert str(raised.value).startswith("engine spark: expected Java 17 or newer, found ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("version", ["17.0.15", "21", "25-ea"])
def test_a_java_that_is_new_enough_is_accepted(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "jdk", f"echo 'openjdk version \"{version}\"' >&2")))
    spark.check_java()


@pytest.mark.parametrize("master", ["local", "local[2]", "local[*]", "yarn", "k8s://https://host:6443"])
def test_a_master_without_an_address_to_try_is_accepted(master: str) -> None:
    spark.check_master(master)


@pytest.mark.parametrize("master", ["", "local[0]", "localhost:7077", "spark://host", "http://host:7077"])
def test_text_that_is_no_master_is_refused(master: str) -> None:
    with pytest.raises(BadInput, match=r"^spark master '.*': expected local\[2\], spark://host:7077, yarn or k8s://…$"):
        spark.check_master(master)


def test_a_master_that_refuses_connections_is_named_in_one_line(free_port: int) -> None:
    master = f"spark://127.0.0.1:{free_port}"
    with pytest.raises(Unreachable, match=f"^spark master {master}: connection refused; start it, or correct the add"):
        spark.check_master(master)


def test_one_of_two_masters_is_enough(free_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        spark.check_master(f"spark://127.0.0.1:{free_port},127.0.0.1:{server.getsockname()[1]}")


def test_spark_connect_is_refused_in_one_line() -> None:
    spark.check_remote("")
    with pytest.raises(BadInput, match=r"^engine spark: SPARK_REMOTE is 'sc://host', but .* unset it, and set spark_m"):
        spark.check_remote("sc://host")


@pytest.mark.parametrize("text", ["ten", "0", "-1", "nan", "inf"])
def test_a_wait_that_is_no_number_of_seconds_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_SPARK_WAIT_S", text)
    with pytest.raises(BadInput, match=f"^MOBILITY_SPARK_WAIT_S '{text}': not a positive number of seconds$"):
        spark.seconds_to_wait()


@pytest.mark.parametrize(("text", "seconds"), [("", 300), ("12.5", 12.5)])
def test_a_wait_is_read_in_seconds(text: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_SPARK_WAIT_S", text)
    assert spark.seconds_to_wait() == seconds


def test_declared_types_have_sparks_names() -> None:
    names = {type_: spark.type_of(type_) for type_ in ("varchar", "double", "double[][][]", "varchar[]")}
    assert names == {
        "varchar": "string",
        "double": "double",
        "double[][][]": "array<array<array<double>>>",
        "varchar[]": "array<string>",
    }


def test_only_the_files_of_loaded_months_are_declared() -> None:
    yellow = sources()["yellow_taxi"]
    *_, table, view = spark.declare_source(yellow, Path("/data/it's"), {DECLARED: [JANUARY, FEBRUARY]})
    assert table.endswith("location '/data/it\\'s'")
    assert view.endswith("_metadata.file_name in ('2024-01.parquet', '2024-02.parquet')")
    *_, nothing = spark.declare_source(yellow, Path("/data"), {})
    assert nothing.endswith("where false")


def test_files_of_other_types_have_a_table_of_their_own_and_are_cast() -> None:
    published = tuple("bigint" if type_ == "smallint" else type_ for type_ in DECLARED)
    months = {DECLARED: [JANUARY], published: [FEBRUARY]}
    *_, first, _, second, view = spark.declare_source(sources()["yellow_taxi"], Path("/data"), months)
    assert "`passenger_count` smallint" in first
    assert "`passenger_count` bigint" in second
    of_january, of_february = view.split(" union all ")
    assert "`passenger_count`, " in of_january
    assert "cast(`passenger_count` as smallint) as `passenger_count`, " in of_february
    assert of_february.endswith("from raw_files.yellow_taxi_1 where _metadata.file_name in ('2024-02.parquet')")


def test_a_static_source_has_its_first_month() -> None:
    zones = sources()["taxi_zones"]
    types = tuple(column.type for column in zones.columns)
    *_, view = spark.declare_source(zones, Path("/data"), {types: [zones.first_month]})
    assert f"date '{zones.first_month}' as source_month" in view
    assert "in ('static.parquet')" in view


def test_a_folder_whose_name_is_a_pattern_is_refused() -> None:
    with pytest.raises(BadInput, match=r"/data \[1\]: Spark takes \[ in a path for a pattern"):
        spark.check_folder(Path("/data [1]"))
    spark.check_folder(Path("/it's data"))
