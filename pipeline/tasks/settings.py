"""How this machine runs the workflow: sections of luigi.cfg, which is the one home of their values."""

import configparser
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import luigi

from pipeline.database import Settings, Warehouse, check_engine, settings_for
from pipeline.errors import BadInput, Unreachable
from pipeline.paths import data_folder, path_for
from pipeline.process import cores
from pipeline.project import CONFIG, HERE, check_settings_folder, settings_folder
from pipeline.tasks.scheduler import exit_on_error

if TYPE_CHECKING:
    from pipeline.ingest.http import RetryPolicy


class mobility(luigi.Config):
    """Section ``[mobility]``: how much of the machine a run may use, and needs; 0 stands for what fits the machine."""

    threads = luigi.IntParameter()
    memory_gb = luigi.FloatParameter()
    convert_memory_gb = luigi.FloatParameter()
    least_free_gb = luigi.FloatParameter()
    wait_for_warehouse_s = luigi.FloatParameter()
    engine = luigi.Parameter()
    spark_master = luigi.Parameter()
    spark_memory = luigi.Parameter()
    maintenance = luigi.Parameter()
    pages_url = luigi.Parameter()


class download(luigi.Config):
    """Section ``[download]``: how downloads are retried."""

    attempts = luigi.IntParameter()
    first_wait_s = luigi.FloatParameter()
    max_wait_s = luigi.FloatParameter()
    response_timeout_s = luigi.FloatParameter()
    read_timeout_s = luigi.FloatParameter()
    least_kb_per_s = luigi.FloatParameter()


class upload(luigi.Config):
    """Section ``[upload]``: how often a request to object storage is tried, and the seconds until it has failed."""

    attempts = luigi.IntParameter()
    timeout_s = luigi.FloatParameter()


def address_of(page: Path) -> str:
    """The address of a page at the server of the pages; empty where none is configured."""
    server = mobility().pages_url.rstrip("/")
    return f"{server}/{page.relative_to(data_folder()).as_posix()}" if server else ""


def retry_policy() -> "RetryPolicy":
    """The policy of ``[download]``."""
    from pipeline.ingest.http import RetryPolicy

    return RetryPolicy(**download().param_kwargs)


def engine() -> str:
    """The engine that builds the marts. Raises BadInput for one that is not known."""
    return check_engine(os.environ.get("MOBILITY_ENGINE", mobility().engine))


@cache
def require_engine() -> None:
    """Ends the process, with one line, where the engine that builds the marts cannot start on this machine.

    Looked at once: Luigi asks each task for its requirements several times, and Java takes a moment to start.
    """
    from pipeline.warehouse import engines

    with suppress(Unreachable):  # a cluster may answer once the marts are to be built
        exit_on_error(lambda: engines.check(warehouse()))


def warehouse() -> Warehouse:
    """The warehouse of the data folder."""
    return Warehouse(
        path=path_for("warehouse", "nyc_mobility", ".duckdb"),
        dbt_folder=data_folder() / "dbt",
        settings=settings_for(
            mobility().threads, mobility().memory_gb, data_folder() / "warehouse" / "spill", share=0.5
        ),
        wait_s=mobility().wait_for_warehouse_s,
        engine=engine(),
        spark_master=os.environ.get("MOBILITY_SPARK_MASTER", mobility().spark_master),
        spark_memory=mobility().spark_memory,
    )


def conversion_settings(parquet: Path) -> Settings:
    """DuckDB's settings for a conversion, of which two run at once; it may spill beside the file that it writes."""
    return settings_for(mobility().threads, mobility().convert_memory_gb, parquet.with_suffix(".spill"), share=0.15)


def settings_files() -> list[Path]:
    """The files that hold settings, those with the last word last. Luigi reads those in the middle by itself."""
    own, named = settings_folder(), os.environ.get("LUIGI_CONFIG_PATH")
    of_luigi = [Path("/etc/luigi/luigi.cfg"), Path("luigi.cfg").absolute()]
    files = [HERE / "luigi.cfg", *of_luigi, *([own / "luigi.cfg"] if own else []), *([Path(named)] if named else [])]
    return [path for path in dict.fromkeys(files) if path.is_file()]


def read_settings() -> None:
    """Makes Luigi read the project's luigi.cfg before all others, wherever it was started, and that of the user last.

    Raises BadInput for a settings folder that cannot be used.
    """
    check_settings_folder()
    own, config = settings_folder(), luigi.configuration.get_config()
    if own and (own / "luigi.cfg").is_file():
        for path in (own / "luigi.cfg", os.environ.get("LUIGI_CONFIG_PATH")):
            if path and Path(path).is_file():
                add_settings(path)
    defaults = configparser.RawConfigParser()
    defaults.optionxform = str  # type: ignore[assignment, method-assign]  # as Luigi's own parser
    defaults.read(HERE / "luigi.cfg")
    logging = str(CONFIG / "logging.ini").replace("%", "%%")
    defaults["core"].update({"logging_conf_file": logging, "workers": str(default_workers())})
    for section in defaults.sections():
        for option, value in defaults.items(section):
            if not config.has_option(section, option):
                config.set(section, option, value)


def add_settings(path: Path | str) -> None:
    """Makes Luigi read a file of settings. Raises BadInput where it cannot be parsed."""
    try:
        luigi.configuration.add_config_path(str(path))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: is not a valid luigi.cfg: {' '.join(str(error).split())}") from error


def default_workers() -> int:
    """As many tasks at once as there are cores, from two to eight: more would wait for the resources of luigi.cfg."""
    return min(max(cores(), 2), 8)
