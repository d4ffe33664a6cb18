"""Published values and columns that differ from the declared types: counted by column, each with a sentence."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline.database import file_argument
from pipeline.ingest.casts import Field
from pipeline.ingest.readings import MISFITS, Reading
from pipeline.results import TypeDifference
from pipeline.sources import Source

if TYPE_CHECKING:
    import duckdb


def type_differences(
    con: "duckdb.DuckDBPyConnection", source: Source, readings: Sequence[Reading], part: Path
) -> tuple[TypeDifference, ...]:
    """Columns with values that do not fit the declared type, those of Parquet files that are of another type, and texts
    with a time zone.

    The files are read again only where values do not fit.
    """
    query = f"select count(*), sum({MISFITS}) from read_parquet({file_argument(part)})"
    rows, misfits = con.execute(query).fetchall()[0]
    counted = [count_misfits(con, reading) if misfits else {} for reading in readings]
    differences = []
    for column in source.columns:
        fields = [reading.fields[column.name] for reading in readings if column.name in reading.fields]
        others = sorted(
            {
                type_text(field)
                for field in fields
                if field.has_offsets or (source.format == "parquet" and field.is_of_another_type)
            }
        )
        counts = [each[column.name] for each in counted if column.name in each]
        missing, invalid = sum(count.missing for count in counts), sum(count.invalid for count in counts)
        example = next((count.example for count in counts if count.example), "")
        parts = [f"{column.name} is published as {type_}" for type_ in others]
        if missing:
            parts.append(f"{missing:,} of {rows:,} values of {column.name} are NaN or a text for a missing value")
        if invalid:
            such_as = f", such as {example!r}" if example else ""
            parts.append(f"{invalid:,} of {rows:,} values of {column.name} do not fit {column.type}{such_as}")
        if parts:
            sentence = "; ".join(parts) + ("; they are null" if missing or invalid else "")
            differences.append(TypeDifference(column.name, bool(others), missing, invalid, sentence))
    return tuple(differences)


def type_text(field: Field) -> str:
    """The published type and the expected one; of times with a time zone, how they are read."""
    published = f"{field.type} with a time zone" if field.has_offsets else field.type
    reading = f"; its times are {field.zone_text}" if field.zone_text else ""
    return f"{published}, expected {field.column.type}{reading}"


class Misfits(NamedTuple):
    """Values of a column that do not fit: those that stand for a missing value, others, and one of these."""

    missing: int
    invalid: int
    example: str | None


def count_misfits(con: "duckdb.DuckDBPyConnection", reading: Reading) -> dict[str, Misfits]:
    """The values of each column of a file that do not fit."""
    checked = {name: field for name, field in reading.fields.items() if field.is_checked}
    counts = ", ".join(
        f"count(*) filter ({field.misfit_condition} and {field.missing_condition}), "
        f"count(*) filter ({field.misfit_condition} and not {field.missing_condition}), "
        f"left(min({field.shown}) filter ({field.misfit_condition} and not {field.missing_condition}), 40)"
        for field in checked.values()
    )
    row = con.execute(f"select {counts} from {reading.from_clause}").fetchall()[0] if checked else ()
    return {name: Misfits(*row[3 * index : 3 * index + 3]) for index, name in enumerate(checked)}
