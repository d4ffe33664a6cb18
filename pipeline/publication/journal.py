"""What of a month has been uploaded so far, so that a run that was killed is continued and uploads nothing twice.

::

    {"address": "s3://bucket/folder"}
    {"name": "published/…", "bytes": 9, "sha256": "…"}      it lies there
    {"name": "published/…"}                                 nobody knows what lies there
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.paths import append_line, atomic_write, delete
from pipeline.publication.objects import Object


@dataclass(frozen=True)
class Journal:
    """A file of lines about what lies at an address. It exists while that changes."""

    path: Path
    address: str

    def known(self) -> dict[str, Object | None] | None:
        """What lies there by the last line of each name; None where nothing was begun at this address."""
        lines = self.lines()
        if lines[:1] != [{"address": self.address}]:
            return None
        return {line["name"]: Object(line["bytes"], line["sha256"]) if "sha256" in line else None for line in lines[1:]}

    def lines(self) -> list[dict[str, Any]]:
        """The lines that are complete."""
        found = []
        with suppress(FileNotFoundError):
            for line in self.path.read_text().splitlines():
                with suppress(ValueError):  # the last one, where the process was killed
                    found.append(json.loads(line))
        return found

    def begin(self, known: Mapping[str, Object | None]) -> None:
        """Replaces the lines by what is known."""
        with atomic_write(self.path) as part:
            lines = [{"address": self.address}, *(line_of(name, one) for name, one in known.items())]
            part.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    def note(self, name: str, content: Object | None) -> None:
        """Adds that this content lies there under the name; None before that changes."""
        append_line(self.path, json.dumps(line_of(name, content)))

    def end(self) -> None:
        """Deletes the lines; a receipt follows them."""
        delete(self.path)


def line_of(name: str, content: Object | None) -> dict[str, str | int]:
    return {"name": name} | (asdict(content) if content else {})
