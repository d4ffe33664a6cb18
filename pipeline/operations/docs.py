"""The verb docs: writes the pages of the documentation, which a run writes as well."""

from pathlib import Path

from pipeline.paths import path_for
from pipeline.report import docs_pages, write_pages


def docs() -> Path:
    """Writes the pages and returns the path of the first one. Raises NoSpace where they cannot be written."""
    return write_pages(path_for("reports", "docs", ""), docs_pages())[0]
