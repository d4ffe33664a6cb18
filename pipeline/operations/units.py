"""The verb install-units: renders config/systemd/ with the paths of this checkout into systemd's folder."""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import BadInput, NoSpace
from pipeline.sources import CONFIG

HERE = CONFIG.parent
TEMPLATES = CONFIG / "systemd"
SYSTEM = Path("/etc/systemd/system")
FORBIDDEN_CHARACTERS = '"\\\n'
"""Characters that a path in a unit must not have: quotes cannot be escaped there."""


def install(folder: Path, data: Path, user: str, secrets: Path) -> list[Path]:
    """Writes the units into the folder, returns their paths. ``user`` runs the services; empty for a user's own units.

    ``secrets`` is the path of a file of environment variables, which may be missing. Raises BadInput for paths that
    units cannot contain, NoSpace where the folder cannot be written.
    """
    for path in (HERE, data, secrets):
        if set(FORBIDDEN_CHARACTERS) & set(str(path)):
            raise BadInput(
                f"{path}: has a quote, a backslash or a line break, which systemd units cannot contain; move it"
            )
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        data.mkdir(parents=True, exist_ok=True)
        for name, text in render(data, user, secrets):
            (folder / name).write_text(text)
            written.append(folder / name)
    except OSError as error:
        raise NoSpace(f"{error.filename}: cannot be written ({error.strerror}); run as root or add --user") from error
    return written


def render(data: Path, user: str, secrets: Path) -> Iterator[tuple[str, str]]:
    """Yields each unit's name and text. Percent signs of paths are doubled, because they begin specifiers."""
    import jinja2

    templates = jinja2.Environment(  # noqa: S701 - no HTML
        loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    paths = {"here": HERE, "data": data, "secrets": secrets}
    variables = {name: str(path).replace("%", "%%") for name, path in paths.items()} | {"user": user}
    for template in sorted(TEMPLATES.glob("mobility-*")):
        yield template.name, templates.get_template(template.name).render(variables)


def folder_of(for_user: bool) -> Path:
    """The folder of units of the system or of the user."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return config / "systemd/user" if for_user else SYSTEM


def secrets_of(for_user: bool) -> Path:
    """The path of the file of environment variables."""
    return folder_of(for_user).parent.parent / "nyc-mobility.env" if for_user else Path("/etc/nyc-mobility.env")


def user_of(for_user: bool) -> str:
    """The user that runs services of the system: the owner of the checkout; empty for units of a user."""
    return "" if for_user else HERE.owner()


def next_steps(for_user: bool) -> str:
    """What to do after the units are written."""
    systemctl = "systemctl --user" if for_user else "systemctl"
    return f"""
addresses of alerts and other variables go into {secrets_of(for_user)} (chmod 600); then:
  {systemctl} daemon-reload
  {systemctl} enable --now mobility-{{catchup,weather,refresh,health}}.timer
  {systemctl} enable --now mobility-luigid.service  # optional, with MOBILITY_SCHEDULER=luigid"""
