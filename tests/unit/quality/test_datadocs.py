"""Data Docs of the months, beside those of earlier runs."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline import quality
from pipeline.database import Warehouse
from pipeline.quality.datadocs import escaped
from tests.unit.quality.small_warehouse import damage

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)


def test_data_docs_show_the_last_results_of_every_month(warehouse: Warehouse, suites: Path, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    quality.judge(warehouse, [JANUARY, FEBRUARY], suites, docs=docs)
    first = {page.relative_to(docs).parts[1:3] for page in docs.glob("validations/**/*.html")}
    assert first == {
        (suite, month) for suite in ("fct_trips", "stg_weather__hourly") for month in ("2024-01", "2024-02")
    }
    damage(warehouse, "update core.fct_trips set weather_key = 2 where pickup_datetime < timestamp '2024-01-01 03:00'")
    quality.judge(warehouse, [JANUARY], suites, docs=docs)
    pages = list(docs.glob("validations/fct_trips/2024-01/**/*.html"))
    assert len(pages) == 1 and "every hour of the month with a trip has weather" in pages[0].read_text()
    assert len(list(docs.glob("validations/fct_trips/2024-02/**/*.html"))) == 1
    assert "2024-02" in (docs / "index.html").read_text()


def test_a_page_that_cannot_be_written_is_an_error_and_leaves_no_half_of_the_pages(
    warehouse: Warehouse, suites: Path, tmp_path: Path
) -> None:
    docs = tmp_path / "docs"
    quality.judge(warehouse, [JANUARY, FEBRUARY], suites, docs=docs)
    shutil.rmtree(docs / "validations/fct_trips")
    (docs / "validations/fct_trips").write_text("in the way")
    with pytest.raises(NotADirectoryError):
        quality.judge(warehouse, [JANUARY], suites, docs=docs)
    assert not [*docs.glob("*/*/2024-01"), *docs.glob("index.html")]
    assert [*docs.glob("validations/stg_weather__hourly/2024-02/**/*.html")]
    (docs / "validations/fct_trips").unlink()
    quality.judge(warehouse, [JANUARY], suites, docs=docs)
    assert "2024-01" in (docs / "index.html").read_text()


def test_texts_are_escaped_for_html_and_decimals_become_floats_at_any_depth() -> None:
    assert escaped({"a": [Decimal("1.5"), (Decimal(2), "x")], "b": 3}) == {"a": [1.5, [2.0, "x"]], "b": 3}
    assert escaped({"<b>": ["it's", {"x": '"&'}]}) == {"&lt;b&gt;": ["it&#x27;s", {"x": "&quot;&amp;"}]}
