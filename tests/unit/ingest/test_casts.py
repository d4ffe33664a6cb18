"""Published values of any type as values of the declared type."""

from datetime import datetime
from typing import Any

import pytest

from pipeline.database import in_memory
from pipeline.ingest.casts import Field
from pipeline.source_fields import Column
from pipeline.sources import sources

FORMATS = sources()["citibike"].timestampformats
EIGHT = datetime(2024, 1, 2, 8)
NULL = None


@pytest.mark.parametrize(
    ("published", "declared", "expected"),
    [
        ("5::tinyint", "integer", 5),
        ("5::ubigint", "smallint", 5),
        ("40000::integer", "smallint", NULL),
        ("9999999999::bigint", "integer", NULL),
        ("1::double", "integer", 1),
        ("1.5::double", "integer", NULL),
        ("'nan'::double", "integer", NULL),
        ("'inf'::float", "integer", NULL),
        ("2.00::decimal(12, 2)", "integer", 2),
        ("2.50::decimal(12, 2)", "integer", NULL),
        ("'161'", "integer", 161),
        ("' 161 '", "integer", 161),
        ("'72.0'", "integer", 72),
        ("'1.5'", "integer", NULL),
        ("'far'", "integer", NULL),
        ("'0x10'", "integer", NULL),
        ("true", "integer", 1),
        ("'161'::blob", "integer", 161),
        ("'\\xFF'::blob", "integer", NULL),
        ("[1, 2]", "integer", NULL),
        ("{'a': 1}", "integer", NULL),
        ("timestamp '2024-01-02'", "integer", NULL),
        ("uuid()", "bigint", NULL),
        ("3.5::float", "double", 3.5),
        ("12.30::decimal(12, 2)", "double", 12.3),
        ("'nan'::double", "double", NULL),
        ("'-inf'::double", "double", NULL),
        ("1e300", "double", NULL),
        ("'1e400'", "double", NULL),
        ("'NaN'", "double", NULL),
        ("'1,234.5'", "double", NULL),
        ("'3.5'", "double", 3.5),
        ("interval 1 day", "double", NULL),
        ("timestamp '2024-01-02 08:00:00'", "timestamp", EIGHT),
        ("timestamp_ns '2024-01-02 08:00:00'", "timestamp", EIGHT),
        ("timestamp_s '2024-01-02 08:00:00'", "timestamp", EIGHT),
        ("date '2024-01-02'", "timestamp", datetime(2024, 1, 2)),
        ("timestamptz '2024-01-02 08:00:00+00'", "timestamp", EIGHT),
        ("'2024-01-02 08:00:00'", "timestamp", EIGHT),
        ("'1/2/24 8:00'", "timestamp", EIGHT),
        ("'01/02/24 08:00:00'", "timestamp", EIGHT),
        ("'12/31/2015 23:59'", "timestamp", datetime(2015, 12, 31, 23, 59)),
        ("'2024-01-02T08:00:00Z'", "timestamp", NULL),  # where no column of times was found to state its zone
        ("'2024-01-02 08:00:00-05:00'", "timestamp", NULL),
        ("'1/2/2024 8:00:00'", "timestamp", EIGHT),
        ("'1/2/2024 8:00'", "timestamp", EIGHT),
        ("'2024-02-30 08:00:00'", "timestamp", NULL),
        ("'yesterday'", "timestamp", NULL),
        ("timestamp '290000-01-01'", "timestamp", NULL),
        ("timestamp 'infinity'", "timestamp", NULL),
        ("1704182400::bigint", "timestamp", NULL),
        ("1704182400.0::double", "timestamp", NULL),
        ("'N'", "varchar", "N"),
        ("'N'::blob", "varchar", "N"),
        ("'\\xC3\\xA9'::blob", "varchar", "é"),
        ("'\\xFF'::blob", "varchar", NULL),
        ("5379.1::double", "varchar", "5379.1"),
        ("'nan'::double", "varchar", NULL),
        ("72::bigint", "varchar", "72"),
    ],
)
def test_a_value_that_fits_is_kept_and_any_other_is_null(published: str, declared: str, expected: Any) -> None:
    assert read(published, declared) == (expected, expected is NULL)


@pytest.mark.parametrize("declared", ["integer", "smallint", "bigint", "double", "timestamp", "varchar"])
def test_a_null_is_not_counted_as_a_value_that_does_not_fit(declared: str) -> None:
    for published in ("null", "null::varchar", "null::double", "null::blob", "null::timestamptz", "null::integer[]"):
        assert read(published, declared) == (NULL, False)


@pytest.mark.parametrize("published", ["'nan'::double", "'nan'::float", "'NaN'", "' NULL '", "'\\N'", "''", "'None'"])
def test_nan_and_texts_for_no_value_stand_for_a_missing_one(published: str) -> None:
    assert evaluate(published, "double", "missing_condition")


def test_an_infinite_number_or_any_other_text_does_not_stand_for_a_missing_value() -> None:
    for published in ("'inf'::double", "'far'", "'0'"):
        assert not evaluate(published, "double", "missing_condition")


def test_times_with_a_time_zone_are_read_by_the_clock_of_the_field() -> None:
    with in_memory() as con:
        field = Field(Column("at", "timestamp"), "at", "TIMESTAMP WITH TIME ZONE", zone="America/New_York")
        found = con.execute(f"select {field.value} from (select timestamptz '2024-07-02 12:00:00+00' as at)").fetchall()
    assert found == [(EIGHT.replace(month=7),)]


@pytest.mark.parametrize(
    ("published", "declared", "is_other"),
    [
        ("5::bigint", "integer", False),
        ("5::double", "integer", False),
        ("5::decimal(5, 2)", "double", False),
        ("timestamp_ns '2024-01-02'", "timestamp", False),
        ("null", "double", False),
        ("'5'", "integer", True),
        ("'N'::blob", "varchar", True),
        ("5379.1::double", "varchar", True),
        ("timestamptz '2024-01-02 08:00:00+00'", "timestamp", True),
        ("date '2024-01-02'", "timestamp", True),
    ],
)
def test_a_column_of_another_kind_of_values_is_of_another_type(published: str, declared: str, is_other: bool) -> None:
    with in_memory() as con:
        assert field_of(con, published, declared).is_of_another_type == is_other


def field_of(con: Any, published: str, declared: str) -> Field:
    type_ = con.execute(f"describe select {published} as published").fetchall()[0][1]
    return Field(Column("value", declared), "published", type_, timestampformats=FORMATS)


def read(published: str, declared: str) -> tuple[Any, bool]:
    """The value with the declared type, and whether the published one does not fit."""
    with in_memory() as con:
        field = field_of(con, published, declared)
        assert field.is_checked or f"{field.type}".lower() in (declared, '"null"')
        (row,) = con.execute(
            f"select {field.value}, {field.misfit_condition} from (select {published} as published)"
        ).fetchall()
        return row[0], row[1]


def evaluate(published: str, declared: str, condition: str) -> bool:
    with in_memory() as con:
        expression = getattr(field_of(con, published, declared), condition)
        return bool(con.execute(f"select {expression} from (select {published} as published)").fetchall()[0][0])
