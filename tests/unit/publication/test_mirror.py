"""What is uploaded and deleted, in which order, on a folder as store."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import BadFile, UploadFailed
from pipeline.publication.journal import Journal
from pipeline.publication.manifest import content_of
from pipeline.publication.mirror import Mirrored, mirror
from pipeline.publication.objects import Object, objects_of
from pipeline.publication.store import Limits, Store, open_store

NAMES = ("published/a/month=2024-01/a.parquet", "published/b/month=2024-01/b.parquet", "reports/2024-01.html")
MANIFEST = "manifests/2024-01.json"


@dataclass(frozen=True)
class Recorded(Store):
    """A store that records what is changed, and fails before it is changed so many times."""

    changes: list[str] = field(default_factory=list)
    fails_after: int = 1000

    def put(self, file: Path, name: str) -> None:
        self.record(f"put {name}")
        super().put(file, name)

    def delete(self, name: str) -> None:
        self.record(f"delete {name}")
        super().delete(name)

    def record(self, change: str) -> None:
        if len(self.changes) >= self.fails_after:
            raise UploadFailed("as in this test")
        self.changes.append(change)


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
    for name in NAMES:
        change(name, f"first {name}")
    return tmp_path / "mirror"


def change(name: str, text: str) -> None:
    from pipeline.paths import data_folder

    path = data_folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def here(*names: str) -> dict[str, Object]:
    from pipeline.paths import data_folder

    return objects_of(data_folder() / name for name in names)


def run(target: Path, objects: dict[str, Object], **options: Any) -> tuple[Mirrored, list[str]]:
    fails_after = options.pop("fails_after", 1000)
    opened = open_store(target.as_uri(), Limits(1, 1))
    store = Recorded(opened.address, opened.files, opened.root, fails_after=fails_after)
    done = mirror(store, "2024-01", objects, Journal(target.parent / "2024-01.jsonl", store.address), **options)
    return done, store.changes


def files(target: Path) -> dict[str, str]:
    return {
        str(path.relative_to(target)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in target.rglob("*")
        if path.is_file()
    }


def expected(objects: dict[str, Object]) -> dict[str, str]:
    manifest = hashlib.sha256(content_of("2024-01", objects)).hexdigest()
    return {name: one.sha256 for name, one in objects.items()} | {MANIFEST: manifest}


def test_objects_are_uploaded_first_and_the_manifest_last(target: Path) -> None:
    objects = here(*NAMES)
    done, changes = run(target, objects)
    assert changes == [*(f"put {name}" for name in NAMES), f"put {MANIFEST}"]
    assert files(target) == expected(objects)
    assert done == Mirrored(3, sum(one.bytes for one in objects.values()), 0)


def test_the_manifest_says_what_lies_there_where_nothing_else_does(target: Path) -> None:
    objects = here(*NAMES)
    run(target, objects)
    (target.parent / "2024-01.jsonl").unlink()
    assert run(target, objects) == (Mirrored(0, 0, 0), [])


def test_of_a_month_that_was_issued_again_what_differs_is_replaced_without_a_manifest_meanwhile(target: Path) -> None:
    run(target, here(*NAMES))
    change(NAMES[0], "second")
    change("reports/quality/2024-01/index.html", "new")
    objects = here(NAMES[0], NAMES[2], "reports/quality/2024-01/index.html")
    (target.parent / "2024-01.jsonl").unlink()
    _, changes = run(target, objects)
    assert changes == [
        f"delete {MANIFEST}",
        f"put {NAMES[0]}",
        "put reports/quality/2024-01/index.html",
        f"put {MANIFEST}",
        f"delete {NAMES[1]}",
    ]
    assert files(target) == expected(objects)


def test_an_object_with_another_size_is_uploaded_again(target: Path) -> None:
    objects = here(*NAMES)
    run(target, objects)
    (target / NAMES[1]).write_text("cut")
    (target / NAMES[2]).unlink()
    _, changes = run(target, objects, known=objects)
    assert changes == [f"delete {MANIFEST}", f"put {NAMES[1]}", f"put {NAMES[2]}", f"put {MANIFEST}"]
    assert files(target) == expected(objects)


@pytest.mark.parametrize("fails_after", range(5))
def test_wherever_it_is_cut_off_nothing_is_uploaded_twice_and_the_result_is_the_same(
    fails_after: int, target: Path
) -> None:
    run(target, here(*NAMES))
    (target.parent / "2024-01.jsonl").unlink()
    change(NAMES[0], "second")
    change(NAMES[1], "second")
    objects = here(*NAMES[:2])
    with pytest.raises(UploadFailed):
        run(target, objects, fails_after=fails_after)
    is_listed = MANIFEST in files(target)
    assert is_listed == (fails_after in {0, 4})
    _, changes = run(target, objects)
    assert len(changes) == 5 - fails_after
    assert files(target) == expected(objects)


def test_without_objects_everything_is_deleted_the_manifest_first(target: Path) -> None:
    run(target, here(*NAMES))
    _, changes = run(target, {})
    assert changes == [f"delete {MANIFEST}", *(f"delete {name}" for name in NAMES)]
    assert files(target) == {}


def test_a_file_that_is_not_as_its_receipt_says_is_not_uploaded(target: Path) -> None:
    objects = here(*NAMES)
    change(NAMES[1], "changed by hand")
    with pytest.raises(BadFile, match=rf"^{NAMES[1]} differs from what was written \(sha256\); .* verify --repair"):
        run(target, objects)
    assert files(target) == {NAMES[0]: objects[NAMES[0]].sha256}
