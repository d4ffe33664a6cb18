"""Where the project's own files are: ``luigi.cfg``, ``config/`` and ``dbt/``.

They lie beside the package in a checkout, and inside it where the wheel is installed. A settings folder may replace
them: ``MOBILITY_CONFIG``, by default ``~/.config/nyc-mobility`` for an installed program and none for a checkout. Its
``config/`` and ``dbt/`` are used in the place of the project's, its ``luigi.cfg`` is read after the project's.
"""

import os
import re
from pathlib import Path

from pipeline.errors import BadInput

PACKAGE = Path(__file__).parent
IS_INSTALLED = (PACKAGE / "luigi.cfg").exists()
HERE = PACKAGE if IS_INSTALLED else PACKAGE.parent
"""The folder of the project's own files."""
REPLACEABLE = ("luigi.cfg", "config", "dbt")
PAGES_PORT = 8080
"""The port of ``serve`` where no other is chosen."""
PAGES_URL = f"http://127.0.0.1:{PAGES_PORT}"
LINK = re.compile(r"(?<=\]\()[\w./-]+\.md(?=\))")
"""The path of a Markdown file to which another one links."""
VEGA = "django-js-lib-vega-embed"
"""The package with Vega's files. They are npm's, but for the line that names a source map (6.29.0.3, compared in
2026-11: vega 5.33.0, vega-lite 5.23.0, vega-embed 6.29.0)."""


def user_folder(variable: str, default: str) -> Path | None:
    """The program's folder by the XDG base directory specification; None for a user without a home folder."""
    base = os.environ.get(variable) or os.path.expanduser(default)  # noqa: PTH111 - a Path raises where there is none
    return None if base.startswith("~") else Path(base).absolute() / "nyc-mobility"


def settings_folder() -> Path | None:
    """The settings folder, which may not exist; None where there is none by default."""
    if named := os.environ.get("MOBILITY_CONFIG"):
        return Path(named).absolute()
    return user_folder("XDG_CONFIG_HOME", "~/.config") if IS_INSTALLED else None


def default_data_folder() -> Path:
    """Where data are stored without ``MOBILITY_DATA``.

    Raises BadInput for a user without a home folder.
    """
    folder = user_folder("XDG_DATA_HOME", "~/.local/share") if IS_INSTALLED else HERE / "data"
    if folder is None:
        raise BadInput("MOBILITY_DATA: not set, and this user has no home folder; set it to a folder for the data")
    return folder


def replaced(name: str) -> Path:
    """The file or folder of this name: that of the settings folder, else the project's."""
    folder = settings_folder()
    return folder / name if folder and (folder / name).exists() else HERE / name


def check_settings_folder() -> None:
    """Raises BadInput where ``MOBILITY_CONFIG`` is a folder that replaces nothing: most likely it is mistyped."""
    folder = settings_folder()
    if os.environ.get("MOBILITY_CONFIG") and folder and not any((folder / name).exists() for name in REPLACEABLE):
        raise BadInput(f"MOBILITY_CONFIG {folder}: has none of {', '.join(REPLACEABLE)}; choose a folder that has one")


def documentation() -> list[Path]:
    """README.md, and the Markdown files that it links to, in the order of their last links: that of its table."""
    readme = HERE / "README.md"
    last_first = dict.fromkeys(reversed(LINK.findall(readme.read_text())))
    return [readme, *(HERE / path for path in reversed(last_first))]


def explore_files() -> list[Path]:
    """The templates and scripts of the Explore page."""
    report = PACKAGE / "report"
    return sorted(
        [*report.glob("explore*.*"), *report.glob("explore/*.js"), *map(report.joinpath, ("base.html.j2", "style.css"))]
    )


CONFIG = replaced("config")
DBT = replaced("dbt")
