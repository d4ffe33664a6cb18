"""The rules of the architecture that no linter checks. They go by folder, without lists of file names."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent.parent
PIPELINE = HERE / "pipeline"
LEAVES = {path.stem for path in PIPELINE.glob("*.py")} - {"__init__", "__main__", "cli"}
STEPS = {"ingest", "warehouse", "quality", "metrics", "explore", "report", "publication", "history", "sample"}
"""Folders that import nothing of the project but the leaves: they take paths, months and values, not tasks."""
MAY_IMPORT = {
    **dict.fromkeys(LEAVES, LEAVES),
    **{step: LEAVES | {step} for step in STEPS},
    "tasks": LEAVES | STEPS | {"tasks"},
    "operations": LEAVES | STEPS | {"tasks", "operations"},
    "cli": LEAVES | STEPS | {"tasks", "operations"},
    "__init__": {"tasks"},
    "__main__": {"cli", "process"},
}
HEAVY = {
    "metricflow",
    "pyspark",
    "numpy",
    "scipy",
    "statsmodels",
    "great_expectations",
    "botocore",
    "fsspec",
    "s3fs",
    "dbt",
    "pandas",
    "pyarrow",
    "pydantic",
    "pyproj",
    "shapefile",
}
MODULES = sorted(PIPELINE.rglob("*.py"))


def folder_of(path: Path) -> str:
    """The folder that a module belongs to; of a module on the top level its own name."""
    return path.relative_to(PIPELINE).with_suffix("").parts[0]


def imported(path: Path, at_the_top_only: bool = False) -> set[str]:
    """The full names that a module imports: ``pipeline.sources.Source``, ``luigi``."""
    tree = ast.parse(path.read_text())
    nodes: list[ast.AST] = [*(tree.body if at_the_top_only else ast.walk(tree))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    return names | {f"{node.module}.{alias.name}" for node in froms for alias in node.names}


def imported_of_ours(path: Path) -> list[list[str]]:
    """What a module imports of the project, each name in its parts below ``pipeline``."""
    return [name.split(".")[1:] for name in imported(path) if name.startswith("pipeline.")]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PIPELINE)))
def test_a_module_imports_only_what_its_folder_may_import(path: Path) -> None:
    found = {parts[0] for parts in imported_of_ours(path)}
    assert found <= MAY_IMPORT[folder_of(path)], f"{path} imports {found - MAY_IMPORT[folder_of(path)]}"


def test_luigi_is_imported_in_tasks_and_for_its_internals_alone() -> None:
    for path in MODULES:
        tops = {name.split(".")[0] for name in imported(path)}
        assert "luigi" not in tops or folder_of(path) in {"tasks", "luigi_internals"}, f"{path} imports luigi"


def test_private_helpers_are_not_imported_from_outside_of_their_folder() -> None:
    for path in MODULES:
        for parts in imported_of_ours(path):
            private = [part for part in parts if part.startswith("_") and not part.startswith("__")]
            assert not private or parts[0] == folder_of(path), f"{path} imports {'.'.join(parts)}"


def test_no_module_imports_itself_by_way_of_others() -> None:
    names = {".".join(path.relative_to(PIPELINE).with_suffix("").parts): path for path in MODULES}
    imports = {
        name: {known for parts in imported_of_ours(path) for known in (".".join(parts), ".".join(parts[:-1]))}
        & names.keys() - {name}
        for name, path in names.items()
    }

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, f"import cycle: {' -> '.join([*above, name])}"
        if name not in finished:
            for one in imports[name]:
                visit(one, (*above, name))
            finished.add(name)

    finished: set[str] = set()
    for name in imports:
        visit(name, ())


def test_heavy_libraries_are_imported_inside_functions() -> None:
    for path in MODULES:
        tops = {name.split(".")[0] for name in imported(path, at_the_top_only=True)}
        assert not tops & HEAVY, f"{path} imports {tops & HEAVY} at its top"


def test_the_tasks_can_be_imported_without_duckdb_and_heavy_libraries() -> None:
    code = f"import pipeline, sys; print(sorted({HEAVY | {'duckdb'}!r} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=HERE, text=True, capture_output=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_every_module_has_a_unit_test_module_of_its_name_and_every_unit_test_module_has_its_module() -> None:
    tests, names = HERE / "tests/unit", {"__init__", "__main__"}
    modules = {path.relative_to(PIPELINE) for path in MODULES}
    tested = {
        path.relative_to(tests).with_name(path.name.removeprefix("test_"))
        for path in tests.rglob("test_*.py")
        if not path.name.startswith("test_architecture")
    }
    assert {path for path in modules - tested if path.stem not in names} == set(), "modules without a test module"
    assert tested - modules == set(), "test modules without a module"


def pins(lock: str) -> set[str]:
    """The packages of a lock file with their versions; each has hashes."""
    text = re.sub(r"^\s*#.*", "", (HERE / lock).read_text(), flags=re.MULTILINE)
    assert not re.search(r"https?://|^--|index", text, flags=re.MULTILINE)
    found = re.findall(r"^(\S+==\S+)(.*?)(?=^\S|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    assert all("--hash=sha256:" in hashes for _, hashes in found)
    return {pin for pin, _ in found}


def test_the_lock_files_have_hashes_and_no_index_and_agree() -> None:
    program, s3, build, dev = (pins(f"requirements{name}.lock") for name in ("", "-s3", "-build", "-dev"))
    assert program | build <= dev and len(program) > 50
    assert program < s3 <= dev and not any(pin.startswith(("fsspec", "s3fs", "botocore")) for pin in program)
    assert not any(pin.startswith(("pytest", "playwright", "mypy", "polars")) for pin in program)
    assert program < pins("requirements-spark.lock"), "the extra adds packages, and changes none"


def test_files_are_short_enough_to_have_one_purpose() -> None:
    for path in [*PIPELINE.rglob("*.py"), *(HERE / "tests").rglob("*.py"), *(HERE / "dbt").rglob("*.sql")]:
        assert len(path.read_text().splitlines()) <= 300, f"{path}: has it one purpose?"
