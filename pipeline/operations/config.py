"""The verb config: which files hold settings, and a copy of the project's own to change."""

import shutil
from pathlib import Path

from pipeline.errors import BadInput
from pipeline.paths import data_folder, disk_errors
from pipeline.project import CONFIG, DBT, HERE, REPLACEABLE, settings_folder
from pipeline.tasks.settings import settings_files
from pipeline.warehouse.dbt import OWN


def locations() -> str:
    """Where data and settings are, one line each."""
    files = "\n               ".join(map(str, settings_files()))
    return f"""data           {data_folder()}
settings       {files}
declarations   {CONFIG}
models         {DBT}"""


def copy() -> list[Path]:
    """Copies the project's settings, declarations and models into the settings folder, where they replace them.

    Raises BadInput where there is no such folder, or where it has one of them, NoSpace where it cannot be written.
    """
    folder = settings_folder()
    if folder is None:
        raise BadInput(
            f"nothing to copy: {', '.join(REPLACEABLE)} of {HERE} are yours to change; or set MOBILITY_CONFIG"
        )
    copies = [folder / name for name in REPLACEABLE]
    if existing := [str(path) for path in copies if path.exists()]:
        raise BadInput(f"{', '.join(existing)}: exists; nothing was copied; rename it, then copy again")
    files = [HERE / "luigi.cfg", *project_files(HERE / "config"), *project_files(HERE / "dbt")]
    with disk_errors(folder):
        for path in files:  # without the permissions of an installed file: they are there to be changed
            copied = folder / path.relative_to(HERE)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
    return copies


def project_files(folder: Path) -> list[Path]:
    """The files of the folder without those that dbt writes into a checkout."""
    return [path for path in folder.rglob("*") if path.is_file() and not OWN & {*path.relative_to(folder).parts}]
