"""How this machine runs the workflow: sections of luigi.cfg, which is the one home of their values."""

from pathlib import Path
from typing import TYPE_CHECKING

import luigi

from pipeline.database import Settings, Warehouse, cores, settings_for
from pipeline.paths import data_folder, path_for

if TYPE_CHECKING:
    from pipeline.ingest.http import RetryPolicy


class mobility(luigi.Config):
    """Section ``[mobility]``: how much of the machine a run may use, and needs; 0 stands for what fits the machine."""

    threads = luigi.IntParameter()
    memory_gb = luigi.FloatParameter()
    convert_memory_gb = luigi.FloatParameter()
    least_free_gb = luigi.FloatParameter()
    maintenance = luigi.Parameter()


class download(luigi.Config):
    """Section ``[download]``: how downloads are retried."""

    attempts = luigi.IntParameter()
    first_wait_s = luigi.FloatParameter()
    max_wait_s = luigi.FloatParameter()
    response_timeout_s = luigi.FloatParameter()
    read_timeout_s = luigi.FloatParameter()
    least_kb_per_s = luigi.FloatParameter()


def retry_policy() -> "RetryPolicy":
    """The policy of ``[download]``."""
    from pipeline.ingest.http import RetryPolicy

    return RetryPolicy(**download().param_kwargs)


def warehouse() -> Warehouse:
    """The warehouse of the data folder."""
    return Warehouse(
        path=path_for("warehouse", "nyc_mobility", ".duckdb"),
        dbt_folder=data_folder() / "dbt",
        settings=settings_for(
            mobility().threads, mobility().memory_gb, data_folder() / "warehouse" / "spill", share="50%"
        ),
    )


def conversion_settings(parquet: Path) -> Settings:
    """DuckDB's settings for a conversion, of which two run at once; it may spill beside the file that it writes."""
    return settings_for(mobility().threads, mobility().convert_memory_gb, parquet.with_suffix(".spill"), share="15%")


def set_default_workers() -> None:
    """Has Luigi run as many tasks at once as there are cores, from two to eight, where luigi.cfg does not say.

    More than the resources of luigi.cfg let run at once would only wait.
    """
    config = luigi.configuration.get_config()
    if not config.has_option("core", "workers"):
        config.set("core", "workers", str(min(max(cores(), 2), 8)))
