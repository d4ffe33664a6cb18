"""The pipeline's own rooms, called as its tasks call them, with what luigi.cfg says; each in a process of its own."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.ingest import convert, download
from pipeline.months import add_months
from pipeline.paths import data_folder
from pipeline.sources import sources
from pipeline.tasks.parameters import duck, duck_to_convert
from pipeline.tasks.receipts import warehouse as database
from pipeline.warehouse import dbt, raw, transform

Loadable = tuple[str, date, Path, dict[str, Any]]


def fetch(name: str, month: date, path: Path) -> int:
    return int(fetched(name, month, path)["bytes"])


def fetched(name: str, month: date, path: Path) -> dict[str, Any]:
    source, patience = sources()[name], download.Patience()
    found = download.published_at(source, month, patience)
    assert found, f"{name} {month}: not served"
    return download.fetch(source, found[0], path, path, patience, lambda done, total: None)


def to_parquet(name: str, month: date, landed: Path, parquet: Path) -> convert.Converted:
    return convert.to_parquet(sources()[name], month, landed, parquet, parquet, duck_to_convert(parquet))


def load(files: Sequence[Loadable]) -> int:
    return sum(
        raw.load(database(), sources()[name], month, parquet, facts, duck()) for name, month, parquet, facts in files
    )


def build(months: Sequence[date]) -> transform.Built:
    raw.begin(database(), months, duck())
    return transform.build(database(), months, data_folder() / "dbt", duck())


def refresh() -> None:
    """The tables of all months anew, as where their columns have changed; without tests."""
    transform.refresh(database(), data_folder() / "dbt", duck())


def start_dbt() -> None:
    """What dbt costs before it does anything: the smallest of the models."""
    words = ["run", "--select", "dim_time", "--no-write-json"]
    ended = dbt.run_dbt([words], database(), data_folder() / "dbt", duck(), [date(2024, 1, 1)])
    assert ended.returncode == 0, ended.output


def forget(month: date) -> None:
    """The month out of the warehouse, as if it had never been loaded."""
    monthly = [source for source in sources().values() if not source.static]
    raw.forget(database(), monthly, month, duck())
    build([month])


def again(data: Path, month: date, count: int) -> None:
    """Everything of a finished month once more, as if so many months before it were finished as well.

    Receipts name their inputs by month, and their digests stand for content: with the names changed they hold.
    """
    whole = f"{month:%Y-%m}"
    of_month = [path for path in data.rglob(f"*{whole}*") if path.is_file()]
    of_month += [path for folder in data.rglob(f"*{whole}") for path in folder.rglob("*") if path.is_file()]
    for distance in range(1, count):
        other = f"{add_months(month, -distance):%Y-%m}"
        for path in of_month:
            copy = data / str(path.relative_to(data)).replace(whole, other)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".json":
                copy.write_text(path.read_text().replace(whole, other))
            elif not copy.exists():
                copy.hardlink_to(path)


def ready(data: Path, name: str, month: date) -> Loadable:
    """The month's file, landed and converted beside what the tasks have made, and what Load is told of it."""
    landed, parquet = data / "files" / f"{name}-{month}.landed", data / "files" / f"{name}-{month}.parquet"
    landed.parent.mkdir(parents=True, exist_ok=True)
    if name == "citibike":
        landed = landed.with_name(f"{month:%Y}.zip" if month.year < 2024 else f"{month:%Y%m}.zip")
    facts = fetched(name, month, landed)
    return name, month, parquet, facts | asdict(to_parquet(name, month, landed, parquet))


def all_ready(data: Path, wanted: Sequence[tuple[str, date]]) -> list[Loadable]:
    return [ready(data, name, month) for name, month in wanted]
