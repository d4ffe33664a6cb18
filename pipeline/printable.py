"""Text that may be shown: the one filter of what error lines, logs and receipts say of foreign text and addresses."""

import re

PUBLIC_PARAMETERS = {
    "latitude",
    "longitude",
    "start_date",
    "end_date",
    "hourly",
    "timezone",
    "temperature_unit",
    "wind_speed_unit",
    "precipitation_unit",
}
"""Parameters of a query whose values are shown. Any other one may be a token or a key."""

_USERINFO = re.compile(r"(?<=//)[^/\s?#]*@")
_PARAMETER = re.compile(r"([?&])([^=&?\s]+)=((?:[^&\s\"'<>]*[^&\s\"'<>:;,])?)")


def printable(text: str) -> str:
    r"""The text in one line, without control characters, and without the secrets of an address.

    Blanks, tabs and line breaks become one blank. Other characters that a terminal or an editor acts on, such as the
    escape that begins an ANSI sequence or one that changes the direction of writing, become ``\x1b``. Of an address,
    user and password are left out, and values of parameters that are not ``PUBLIC_PARAMETERS`` become ``***``.
    """
    return _safe(" ".join(text.split()))


def printable_lines(text: str) -> str:
    """The same for a text of several lines, such as a stack trace: line breaks and blanks stay."""
    return "\n".join(_safe(line.expandtabs()) for line in text.split("\n"))


def _safe(line: str) -> str:
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    return _PARAMETER.sub(_without_secret, _USERINFO.sub("", shown))


def _without_secret(found: re.Match[str]) -> str:
    return found[0] if found[2] in PUBLIC_PARAMETERS else f"{found[1]}{found[2]}=***"
