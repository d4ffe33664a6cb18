"""The manifest of a month: a JSON file that lists its objects, and lies there only while all of them do."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict

from pipeline.publication.objects import Object


def name_of(label: str) -> str:
    """The name of the manifest of a month (``2024-01``), or of what all months share (``shared``)."""
    return f"manifests/{label}.json"


def manifest_of(label: str, objects: Mapping[str, Object]) -> tuple[str, bytes]:
    """The name and the content of the manifest."""
    return name_of(label), content_of(label, objects)


def content_of(label: str, objects: Mapping[str, Object]) -> bytes:
    """The manifest; equal objects give equal bytes."""
    listed = {name: asdict(one) for name, one in sorted(objects.items())}
    return (json.dumps({"label": label, "objects": listed}, indent=1) + "\n").encode()


def objects_in(content: bytes | None) -> dict[str, Object]:
    """The objects that a manifest lists; none where it does not exist, or is none of this program's."""
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        return {name: Object(**one) for name, one in json.loads(content or b"{}")["objects"].items()}
    return {}
