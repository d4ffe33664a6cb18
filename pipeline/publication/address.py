"""The address of the object storage: ``MOBILITY_PUBLISH_URL``."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.errors import BadInput
from pipeline.paths import data_folder

NAME = "MOBILITY_PUBLISH_URL"
EXAMPLES = "expected s3://bucket/folder or file:///folder"
PROTOCOL = re.compile(r"[a-z][a-z0-9+.-]*://")
WITHOUT_HOST = {"file", "memory"}
"""Protocols whose addresses are paths: they name no bucket or host, and a path may have any character."""


def address() -> str:
    """The address to which months are uploaded, without a slash at its end; empty where none is set, and in a demo.

    Raises BadInput for one that cannot be used. Its message does not repeat the address, which may have a secret.
    """
    given = os.environ.get(NAME, "")
    if not given or os.environ.get("MOBILITY_DEMO"):  # generated months do not belong among published ones
        return ""
    if reason := reason_against(given):
        raise BadInput(f"{NAME}: {reason}")
    return given.rstrip("/")


def reason_against(given: str) -> str:
    """Why months cannot be uploaded to the address; empty where they can."""
    if not PROTOCOL.match(given) or "::" in given:
        return f"not an address of object storage; {EXAMPLES}"
    protocol, _, rest = given.partition("://")
    if not rest.isprintable() or " " in rest:
        return f"has blanks or control characters; {EXAMPLES}"
    if protocol == "file":
        return reason_against_folder(urlsplit(given).path if rest.startswith("/") else "")
    if protocol in WITHOUT_HOST:
        return ""
    host = rest.partition("/")[0]
    if set("@?#") & set(rest) or (":" in host and not host.rpartition(":")[2].isdecimal()):
        return (
            "has a user, a password or options; write s3://bucket/folder, and set credentials in the environment as "
            "boto reads them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
    return "" if host else f"names no bucket; {EXAMPLES}"


def reason_against_folder(path: str) -> str:
    """Why months cannot be copied into the folder."""
    if not path.strip("/"):
        return "names no folder; expected an absolute path: file:///folder"
    folder, data = Path(path).resolve(), data_folder().resolve()
    if folder.is_relative_to(data) or data.is_relative_to(folder):
        return "names the data folder, or one in or around it; name another one"
    return ""
