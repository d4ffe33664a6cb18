"""The verb install-units: renders config/systemd/ with the paths of this checkout into systemd's folder."""

import os
import pwd
import shutil
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
        if not data.exists():
            data.mkdir(parents=True)
            if user:
                shutil.chown(data, user)
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


def user_of(for_user: bool, run_as: str | None = None) -> str:
    """The user that runs services of the system: ``run_as``, or the owner of the checkout; empty for units of a user.

    Raises BadInput for a user that does not exist, and where root is not named but owns the checkout.
    """
    if for_user:
        return ""
    if run_as is None and HERE.stat().st_uid == 0:
        raise BadInput(
            f"{HERE} belongs to root, and the services would run as root; name a user who can read it: --run-as NAME"
        )
    try:
        return pwd.getpwnam(run_as).pw_name if run_as else HERE.owner()
    except KeyError:
        raise BadInput(f"user {run_as or HERE.stat().st_uid}: does not exist; name another: --run-as NAME") from None


def next_steps(data: Path, user: str) -> str:
    """What to do after the units are written; ``user`` is empty for units of a user."""
    for_user = not user
    systemctl = "systemctl --user" if for_user else "systemctl"
    owner = f"\n{data} must belong to {user}: chown -R {user} '{data}'" if user and data.owner() != user else ""
    return f"""{owner}
addresses of alerts and other variables go into {secrets_of(for_user)} (chmod 600); then:
  {systemctl} daemon-reload
  {systemctl} enable --now mobility-{{catchup,weather,refresh,health}}.timer
  {systemctl} enable --now mobility-luigid.service  # optional, with MOBILITY_SCHEDULER=luigid"""
