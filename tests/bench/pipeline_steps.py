"""The steps of the pipeline, called as its tasks call them, with the settings of luigi.cfg."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipeline.ingest import convert, download
from pipeline.months import add_months
from pipeline.results import Converted, Landed, Transformed
from pipeline.sources import sources
from pipeline.tasks.settings import conversion_settings, retry_policy, warehouse
from pipeline.warehouse import dbt, raw, raw_views, transform

Loadable = tuple[str, date, Path, Landed, Converted]


def fetch(name: str, month: date, path: Path) -> Landed:
    """Download the month's file."""
    source = sources()[name]
    found = download.published_at(source, month, retry_policy())
    assert found, f"{name} {month}: not served"
    return download.fetch(source, found[0], path, path, retry_policy(), lambda done, total: None)


def to_parquet(name: str, month: date, landed: Path, parquet: Path) -> Converted:
    """Convert the landed file."""
    return convert.to_parquet(sources()[name], month, landed, parquet, parquet, conversion_settings(parquet))


def load(files: Sequence[Loadable]) -> int:
    """Load converted files. Returns the number of rows."""
    return sum(
        raw.load(warehouse(), sources()[name], month, landed, converted) for name, month, _, landed, converted in files
    )


def build(months: Sequence[date]) -> Transformed:
    """Build the months from all files that are loaded for them."""
    monthly = [name for name, source in sources().items() if not source.static]
    raw.begin(warehouse(), dict.fromkeys(months, monthly))
    return transform.build(warehouse(), months)


def refresh() -> None:
    """Rebuild the tables of all months, as after a change of their columns, without tests."""
    transform.refresh(warehouse())


def start_dbt() -> None:
    """Run the smallest model, which costs little more than the start of dbt."""
    ended = dbt.run_dbt(warehouse(), [["run", "--select", "dim_time", "--no-write-json"]], [date(2024, 1, 1)])
    assert ended.returncode == 0, ended.output


def forget(month: date) -> None:
    """Delete the month from the warehouse, and rebuild its tables."""
    raw.forget(warehouse(), [source for source in sources().values() if not source.static], month)
    build([month])


def copy_month(data: Path, month: date, count: int) -> None:
    """Copy the files and receipts of a complete month, so that ``count`` months up to it are complete.

    Receipts have digests of contents, and names with the month: renamed copies are valid.
    """
    name = f"{month:%Y-%m}"
    of_month = [path for path in data.rglob(f"*{name}*") if path.is_file()]
    of_month += [path for folder in data.rglob(f"*{name}") for path in folder.rglob("*") if path.is_file()]
    for distance in range(1, count):
        other = f"{add_months(month, -distance):%Y-%m}"
        for path in of_month:
            copy = data / str(path.relative_to(data)).replace(name, other)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".json":
                copy.write_text(path.read_text().replace(name, other))
            elif not copy.exists():
                copy.hardlink_to(path)


def prepare(data: Path, name: str, month: date) -> Loadable:
    """Download a month's file, outside of the tasks' folders, and convert it. Returns the arguments of ``load``."""
    landed, parquet = data / "files" / f"{name}-{month}.landed", raw_views.parquet_of(sources()[name], month)
    for folder in (landed.parent, parquet.parent):
        folder.mkdir(parents=True, exist_ok=True)
    if name == "citibike":
        landed = landed.with_name(f"{month:%Y}.zip" if month.year < 2024 else f"{month:%Y%m}.zip")
    return name, month, parquet, fetch(name, month, landed), to_parquet(name, month, landed, parquet)


def prepare_all(data: Path, source_months: Sequence[tuple[str, date]]) -> list[Loadable]:
    return [prepare(data, name, month) for name, month in source_months]
