"""Suite files: invalid ones are refused, and the JSON Schema is current."""

import json
from pathlib import Path

import pytest

from pipeline.errors import BadInput
from pipeline.project import CONFIG
from pipeline.quality.suite_files import json_schema, read_suites
from tests.unit.quality.small_warehouse import WriteSuite, one

EXISTS = "expectation: expect_column_to_exist, column: a"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            one("critical", "expectation: expect_column_to_be_nice"),
            "expectations[0].expectation: Great Expectations has no 'expect_column_to_be_nice'; "
            "did you mean expect_column_to_exist",
        ),
        (
            one("fatal", EXISTS),
            "expectations[0].severity: Input should be 'critical' or 'warning', not 'fatal'",
        ),
        (one("critical", "expectation: expect_column_to_exist"), "expectations[0].column: field required"),
        (one("critical", f"{EXISTS}, colum: b"), "expectations[0].colum: extra fields not permitted"),
        (
            one("critical", f"{EXISTS}, sources: [yellow_cab]"),
            "expectations[0].sources: unknown source 'yellow_cab'; config/sources/ has citibike, citibike_jc",
        ),
        (
            one("critical", f"{EXISTS}, sources: yellow_taxi"),
            "expectations[0].sources: expected a list of sources, or a mapping of kind, publisher, trip_type, "
            "not 'yellow_taxi'",
        ),
        (
            one("critical", f"{EXISTS}, except_sources: {{mode: bike}}"),
            "expectations[0].except_sources: unknown field 'mode'; sources are selected by kind, publisher, trip_type",
        ),
        (
            one("critical", f"{EXISTS}, sources: {{kind: trip}}"),
            "expectations[0].sources: no source in config/sources/ has {'kind': 'trip'}",
        ),
        (one("critical", EXISTS).replace("it is sound", "''"), "expectations[0].description: is empty"),
        ("where: a\nexpectations: []", "model: Field required"),
        ("model: a\nexpectations: []\nwhen: b", "when: unknown field; did you mean where?"),
        ("model: a\nexpectations: [b]", "expectations[0]: Input should be a dictionary, not 'b'"),
        ("model: [", "is not YAML"),
        ("", "Input should be a dictionary, not None"),
    ],
)
def test_an_invalid_suite_is_refused_in_one_line_that_names_the_file_and_the_field(
    write_suite: WriteSuite, text: str, complaint: str
) -> None:
    with pytest.raises(BadInput) as refused:
        read_suites(write_suite(text))
    assert f"fct_trips.yaml: {complaint}" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_without_suites_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="contains no suite"):
        read_suites(tmp_path)


def test_the_json_schema_is_current_and_every_suite_names_it() -> None:
    stored = json.loads((CONFIG / "schemas/suite.json").read_text())
    command = "from pipeline.quality.suite_files import write_json_schema; write_json_schema()"
    assert stored == json_schema(), f"write it again: python -c '{command}'"
    for path in (CONFIG / "expectations").glob("*.yaml"):
        assert path.read_text().startswith("# yaml-language-server: $schema=../schemas/suite.json\n"), path
