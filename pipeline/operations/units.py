"""The verb install-units: renders config/systemd/ with the paths of this program into systemd's folder."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import BadInput, NoSpace
from pipeline.paths import data_folder, program
from pipeline.project import CONFIG, HERE, IS_INSTALLED, PACKAGE, settings_folder

TEMPLATES = CONFIG / "systemd"
SYSTEM = Path("/etc/systemd/system")
FORBIDDEN_CHARACTERS = '"\\\n'
"""Characters that a path in a unit must not have: quotes cannot be escaped there."""
OWN_TO_SERVICES = ("/tmp", "/var/tmp")  # noqa: S108 - nothing is written there
"""Folders of which services with PrivateTmp= have their own, empty ones (systemd.exec(5))."""


def install_units(for_user: bool, run_as: str | None, folder: Path | None) -> list[str]:
    """Writes the units, by default into systemd's folder. Returns their paths and what to do next, one line each."""
    user, data = user_of(for_user, run_as), data_of(for_user)
    if folder is None:
        check_visible(*(Path(path) for path in (HERE, data, settings_of()) if path))
    check_access(user)
    written = install(folder or folder_of(for_user), data, user, secrets_of(for_user))
    return [*map(str, written), next_steps(data, user)]


def install(folder: Path, data: Path, user: str, secrets: Path) -> list[Path]:
    """Writes the units into the folder, returns their paths. ``user`` runs the services; empty for a user's own units.

    ``secrets`` is the path of a file of environment variables, which may be missing. Raises BadInput for paths that
    units cannot contain, NoSpace where the folder cannot be written.
    """
    for path in (HERE, data, secrets, settings_of()):
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
    command = f'"{sys.executable}" -P -m pipeline' if IS_INSTALLED else f'"{HERE}/run.sh"'
    values = {"here": HERE, "data": data, "secrets": secrets, "command": command, "settings": settings_of()}
    variables = {name: str(value).replace("%", "%%") for name, value in values.items()} | {"user": user}
    for template in sorted(TEMPLATES.glob("mobility-*")):
        yield template.name, templates.get_template(template.name).render(variables)


def settings_of() -> Path | str:
    """The settings folder where ``MOBILITY_CONFIG`` names one; empty for the default, which the services find."""
    return (os.environ.get("MOBILITY_CONFIG") and settings_folder()) or ""


def data_of(for_user: bool) -> Path:
    """The data folder. Raises BadInput where services of the system would write into a home folder by default."""
    if IS_INSTALLED and not for_user and not os.environ.get("MOBILITY_DATA"):
        raise BadInput(
            "MOBILITY_DATA: not set, and the services would write to your home folder; name a folder for their data: "
            f"MOBILITY_DATA=/var/lib/nyc-mobility {program()} install-units, or add --user"
        )
    return data_folder()


def folder_of(for_user: bool) -> Path:
    """The folder of units of the system or of the user."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return config / "systemd/user" if for_user else SYSTEM


def secrets_of(for_user: bool) -> Path:
    """The path of the file of environment variables."""
    return folder_of(for_user).parent.parent / "nyc-mobility.env" if for_user else Path("/etc/nyc-mobility.env")


def user_of(for_user: bool, run_as: str | None = None) -> str:
    """The user that runs services of the system: ``run_as``, or the owner of these files; empty for units of a user.

    Raises BadInput for a user that does not exist, and where root is not named but owns these files.
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


def check_visible(*paths: Path) -> None:
    """Raises BadInput for a path that services do not see, because they have a /tmp of their own."""
    for path in paths:
        if any(path.is_relative_to(folder) for folder in OWN_TO_SERVICES):
            folders = " and ".join(OWN_TO_SERVICES)
            raise BadInput(f"{path}: services have their own {folders}, and do not see this folder; move it")


def check_access(user: str) -> None:
    """Raises BadInput where the user of the services cannot run the program. Only root can find out."""
    if not user or os.geteuid() != 0:
        return
    code = f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); import ssl, pipeline"
    if succeeds_as(user, sys.executable, "-c", code):
        return
    interpreter = Path(sys.executable).resolve()
    parts = [part for path in (HERE, interpreter) for part in (*reversed(path.parents), path)]
    closed = next((part for part in parts if not succeeds_as(user, "/usr/bin/test", "-x", str(part))), interpreter)
    again = "install the program again" if IS_INSTALLED else "delete .venv; PYTHON=/usr/bin/python3 ./run.sh status"
    raise BadInput(
        f"{closed}: closed to user {user}, who would run {interpreter} in {HERE}; have both where every user can read "
        f"them ({again}), or name another user: --run-as NAME"
    )


def succeeds_as(user: str, *command: str) -> bool:
    """Whether a command of this user exits with 0. Only root can run it."""
    group = pwd.getpwnam(user).pw_gid
    groups = os.getgrouplist(user, group)
    try:
        ended = subprocess.run(
            command, user=user, group=group, extra_groups=groups, cwd="/", env={}, capture_output=True, check=False
        )
    except PermissionError:
        return False
    return ended.returncode == 0


def next_steps(data: Path, user: str) -> str:
    """What to do after the units are written; ``user`` is empty for units of a user."""
    for_user = not user
    systemctl = "systemctl --user" if for_user else "systemctl"
    owner = f"\n{data} must belong to {user}: chown -R {user} '{data}'" if user and data.owner() != user else ""
    return f"""{owner}
the services work on {data}; what they need of the environment, such as MOBILITY_SOURCES and the
addresses of alerts, goes into {secrets_of(for_user)} (chmod 600); then:
  {systemctl} daemon-reload
  {systemctl} enable --now mobility-{{catchup,weather,refresh,health}}.timer
  {systemctl} enable --now mobility-luigid.service  # optional, with MOBILITY_SCHEDULER=luigid"""
