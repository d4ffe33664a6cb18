"""Systemd's units, with the paths of this checkout: config/systemd/ -> where systemd looks for them."""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import BadInput, NoSpace
from pipeline.sources import CONFIG

HERE = CONFIG.parent
TEMPLATES = CONFIG / "systemd"
SYSTEM = Path("/etc/systemd/system")
OPEN_IN_UNITS = '"\\\n'
"""What no path in a unit may hold: quotes are not escaped there."""


def install(folder: Path, data: Path, user: str, secrets: Path) -> list[Path]:
    """Writes the units into the folder, to be run by ``user``, or where that is empty by whose units they are.

    ``secrets`` is a file of environment variables, which need not be there. Raises BadInput for paths that no unit can
    name, NoSpace where the folder cannot be written.
    """
    for path in (HERE, data, secrets):
        if set(OPEN_IN_UNITS) & set(str(path)):
            raise BadInput(f"{path}: has a quote, a backslash or a line break, which no unit can name")
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        data.mkdir(parents=True, exist_ok=True)
        for name, text in rendered(data, user, secrets):
            (folder / name).write_text(text)
            written.append(folder / name)
    except OSError as error:
        raise NoSpace(f"{error.filename}: cannot be written ({error.strerror}); as root, or with --user") from error
    return written


def rendered(data: Path, user: str, secrets: Path) -> Iterator[tuple[str, str]]:
    """Each unit's name and text; a percent sign begins a specifier there, and is doubled."""
    import jinja2

    templates = jinja2.Environment(  # noqa: S701 - no HTML
        loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    paths = {"here": HERE, "data": data, "secrets": secrets}
    words = {name: str(path).replace("%", "%%") for name, path in paths.items()} | {"user": user}
    for template in sorted(TEMPLATES.glob("mobility-*")):
        yield template.name, templates.get_template(template.name).render(words)


def folder_of(own: bool) -> Path:
    """Where units of the system lie, or those of a user."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return config / "systemd/user" if own else SYSTEM


def secrets_of(own: bool) -> Path:
    return folder_of(own).parent.parent / "nyc-mobility.env" if own else Path("/etc/nyc-mobility.env")


def user_of(own: bool) -> str:
    """Whom a unit of the system is to run as: whoever owns the checkout."""
    return "" if own else HERE.owner()
