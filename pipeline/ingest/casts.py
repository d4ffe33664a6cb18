"""Published values as values of the declared types, in SQL: one that does not fit is null."""

from dataclasses import dataclass

from pipeline.database import literal, quoted
from pipeline.source_fields import Column

INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
INTEGERS |= {f"U{name}" for name in INTEGERS}
FLOATS = {"FLOAT", "DOUBLE"}
TIMESTAMPS = {"TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"}
ZONED = "TIMESTAMP WITH TIME ZONE"
NEW_YORK = "America/New_York"
OFFSET = r":[0-9]{2}([.][0-9]+)? ?(Z|UTC|GMT|E[SD]T|[A-Z]+/[A-Z_]+|[+-][0-9]{2}(:?[0-9]{2})?)$"
"""The end of a text that states its time zone."""
UTC_OFFSET = r"(Z|UTC|GMT|[+-]00(:?00)?)$"
"""The end of one that states UTC."""
LARGEST = 1e12
"""No column has a number as large as that. Amounts and distances become decimals, which hold up to 1e15."""
MISSING = ("", "nan", "null", "none", "nat", "na", "n/a", "<na>", "\\n")
"""Texts, in lower case, that programs write for a value that is missing."""


@dataclass(frozen=True)
class Field:
    """A declared column in one published file.

    ``name`` is the published name and ``type`` DuckDB's type of the published values. Times with a time zone are read
    in ``zone``; ``has_offsets`` says that texts have one. Texts that state another zone than UTC are converted.
    """

    column: Column
    name: str
    type: str
    zone: str = "UTC"
    timestampformats: tuple[str, ...] = ()
    has_offsets: bool = False

    @property
    def value(self) -> str:
        """SQL: the value with the declared type; null where it does not fit."""
        value, declared, published = self.text_or_value, self.column.type, self.type
        if declared == "varchar":
            return (
                f"case when isfinite({value}) then {value}::varchar end" if published in FLOATS else f"{value}::varchar"
            )
        if declared == "timestamp":
            return (
                f"case when {self.time} between timestamp '0001-01-01' and timestamp '9999-12-31' then {self.time} end"
            )
        if declared == "double":
            number = f"try_cast({value} as double)"
            # isfinite as well: DuckDB concludes from the statistics of a Parquet file, which leave NaN out, that every
            # value is at most a number, and none is NaN (2.0). between costs a fifth of the conversion (2026-11).
            return f"case when isfinite({number}) and abs({number}) <= {LARGEST} then {number} end"
        if declared.upper() in INTEGERS:
            number = f"try_cast({value} as {declared})"
            # DuckDB rounds fractions.
            is_exact = "true" if published in {*INTEGERS, "BOOLEAN"} else f"{number} = try_cast({value} as double)"
            return f"case when {is_exact} then {number} end"
        return f"{value}::{declared}"

    @property
    def time(self) -> str:
        """SQL: the value as a timestamp of New York's clock."""
        value = self.text_or_value
        if self.type == ZONED:
            return f"timezone({literal(self.zone)}, {value})"
        if self.has_offsets:
            zone = f"if({self.states_utc}, {literal(self.zone)}, {literal(NEW_YORK)})"
            converted = f"timezone({zone}, try_cast({value} as timestamptz))"
            return f"case when {self.states_zone} then {converted} else {self.digits} end"
        return self.digits

    @property
    def zone_text(self) -> str:
        """How times with a time zone are read, for people; empty for others."""
        if self.type != ZONED and not self.has_offsets:
            return ""
        return f"{'converted to' if self.zone == NEW_YORK else 'taken for those of'} New York's clock"

    @property
    def digits(self) -> str:
        """SQL: the value as a timestamp; null for a text that states a time zone, of which DuckDB reads the digits."""
        value = self.text_or_value
        time = f"try_cast({value} as timestamp)"
        if self.type == "VARCHAR" and self.timestampformats:
            formats = ", ".join(map(literal, self.timestampformats))
            # DuckDB reads 1/2/24 as a day of the year 1.
            time = f"if({time} >= timestamp '1000-01-01', {time}, try_strptime({value}, [{formats}]))"
        return f"case when not {self.states_zone} then {time} end" if self.type in {"VARCHAR", "BLOB"} else time

    @property
    def states_zone(self) -> str:
        """SQL: whether a text states its time zone."""
        return f"regexp_matches({self.text_or_value}, {literal(OFFSET)}, 'i')"

    @property
    def states_utc(self) -> str:
        """SQL: whether a text that states its time zone states UTC."""
        return f"regexp_matches({self.text_or_value}, {literal(UTC_OFFSET)}, 'i')"

    @property
    def text_or_value(self) -> str:
        """SQL: the published value, with bytes as text: many Parquet files do not declare their text as such."""
        return f"try(decode({quoted(self.name)}))" if self.type == "BLOB" else quoted(self.name)

    @property
    def shown(self) -> str:
        """SQL: the published value as text, also where it is no text."""
        if self.type == "BLOB":
            return f"coalesce({self.text_or_value}, {quoted(self.name)}::varchar)"
        return f"{quoted(self.name)}::varchar"

    @property
    def is_checked(self) -> bool:
        """Whether a published value may not fit."""
        is_same = self.type == self.column.type.upper() and self.type in {*INTEGERS, "VARCHAR"}
        return not is_same and self.type != '"NULL"'

    @property
    def misfit_condition(self) -> str:
        """SQL: whether the published value does not fit the declared type."""
        return f"({quoted(self.name)} is not null and {self.value} is null)"

    @property
    def missing_condition(self) -> str:
        """SQL: whether the published value stands for a missing one, as NaN and the texts ``MISSING`` do."""
        if self.type in FLOATS:
            return f"isnan(try({quoted(self.name)}))"  # try keeps statistics out
        if self.type in {"VARCHAR", "BLOB"}:
            return f"coalesce(lower(trim({self.text_or_value})) in ({', '.join(map(literal, MISSING))}), false)"
        return "false"

    @property
    def is_of_another_type(self) -> bool:
        """Whether the column is of another kind than declared: text for a number, a time with a time zone."""
        kinds = {"varchar": {"VARCHAR"}, "timestamp": TIMESTAMPS}
        numbers = {*INTEGERS, *FLOATS}
        kind = kinds.get(self.column.type, numbers if self.column.type.upper() in numbers else set())
        is_number = self.type.startswith("DECIMAL") and kind is numbers
        return bool(kind) and not is_number and self.type not in kind and self.type != '"NULL"'
