"""The demo's last lines; tests/integration/test_readme.py runs all of it."""

import re
from pathlib import Path

from pipeline.operations.demo import where_to_look


def test_the_last_lines_name_paths_of_the_data_folder(tmp_path: Path) -> None:
    found = re.findall(rf"{tmp_path}/(\w+)", where_to_look(tmp_path))
    assert found == ["reports", "published", "published", "warehouse"]
