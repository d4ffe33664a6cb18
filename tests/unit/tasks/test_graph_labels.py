"""The labels of luigid's graph; tests/unit/operations/test_ui.py asks a luigid for its script."""

from pathlib import Path
from typing import Any

import luigi
import pytest

from pipeline.luigi_internals import GRAPH_SCRIPT, LABEL, with_months

NODES = {
    "Load citibike 2024-01": {"name": "Load", "params": {"source": "citibike", "month": "2024-01"}},
    "Judge 2024-01": {"name": "Judge", "params": {"months": "2024-01", "sources": "citibike"}},
    "Judge 2024-01–2024-02": {"name": "Judge", "params": {"months": "2024-01,2024-02"}},
    "Judge 2024-01–2024-12": {"name": "Judge", "params": {"months": "2024-01,2024-03,2024-12"}},
    "Describe": {"name": "Describe", "params": {}},
    "Unknown": {"name": "Unknown"},
}


@pytest.mark.browser
def test_a_label_has_the_source_and_the_months(browser: Any) -> None:
    tab = browser.new_page()
    label = f"node => {{ const escapeHtml = text => text; return {with_months(LABEL)}; }}"
    assert {tab.evaluate(label, node) for node in NODES.values()} == {*NODES}


def test_luigis_script_has_one_label_to_replace() -> None:
    script = (Path(luigi.__file__).parent / GRAPH_SCRIPT).read_text()
    assert script.count(f".text({LABEL})") == 1 and with_months(script).count("p.months") == 1
