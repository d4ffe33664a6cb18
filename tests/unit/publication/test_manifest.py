"""What a manifest says, and what is read of one."""

import json

import pytest

from pipeline.publication.manifest import content_of, manifest_of, objects_in
from pipeline.publication.objects import Object

OBJECTS = {"reports/2024-01.html": Object(3, "abc"), "published/a/a.parquet": Object(9, "def")}


def test_a_manifest_lists_sizes_and_digests_and_is_the_same_in_any_order() -> None:
    name, content = manifest_of("2024-01", OBJECTS)
    assert name == "manifests/2024-01.json"
    assert content == content_of("2024-01", dict(reversed(OBJECTS.items())))
    assert json.loads(content) == {
        "label": "2024-01",
        "objects": {
            "published/a/a.parquet": {"bytes": 9, "sha256": "def"},
            "reports/2024-01.html": {"bytes": 3, "sha256": "abc"},
        },
    }
    assert objects_in(content) == OBJECTS


@pytest.mark.parametrize("content", [None, b"", b"\xff", b"[]", b'{"objects": 1}', b'{"objects": {"a": {"size": 1}}}'])
def test_what_is_no_manifest_lists_nothing(content: bytes | None) -> None:
    assert objects_in(content) == {}
