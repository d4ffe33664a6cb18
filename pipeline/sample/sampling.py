"""Pseudorandom rows in DuckDB: drawn from hashes, so that a seed always gives the same rows, millions in seconds.

DuckDB may change ``hash()`` between versions. Another version then gives other files with the same properties.
"""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.months import add_months
from pipeline.sample.demand import Hour, local_time, midnight_utc
from pipeline.sample.weather import HOUR

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# hash(a, b) mixes its arguments too little: correlations of 0.6 were measured. hash() of one number is good.
MACROS = """
    create macro uniform(id, salt) as (hash(xor(id, cast(salt as ubigint) * 2654435761)) >> 11) / 9007199254740992.0;
    create macro gaussian(id, salt) as
    sqrt(-2 * ln(1 - uniform(id, salt))) * cos(2 * pi() * uniform(id, salt + 1000));
"""
SLOTS = 4096
"""Slots of each key in a choice table: a choice of weight 1% gets 41 of them."""

# ``query`` gives key, choice, miles and weight.
CHOICE_TABLE = """
    create or replace temp table {name} as
    with weighted as (
        select *, sum(weight) over by_choice / sum(weight) over (partition by key) as up_to
        from ({query})
        window by_choice as (partition by key order by choice)
    ),

    slots as (
        select key, cast(slot as integer) as slot, (slot + 0.5) / {slots} as share
        from (select distinct key from weighted) cross join range({slots}) as range(slot)
    )

    select slots.key, slot, choice, miles
    from slots asof inner join weighted on slots.key = weighted.key and share <= up_to
"""


def connect(spill_folder: Path) -> "DuckDBPyConnection":
    """A database in memory with the macros ``uniform(id, salt)`` in [0, 1) and ``gaussian(id, salt)``."""
    import duckdb

    con = duckdb.connect(config={"temp_directory": str(spill_folder), "memory_limit": "2GB"})
    con.execute("set global timezone = 'UTC'")
    con.execute(MACROS)
    return con


def create_table(con: "DuckDBPyConnection", name: str, columns: Mapping[str, Sequence[Any]]) -> None:
    """Create a temporary table from Python's columns."""
    # pyarrow would import pandas to convert them (0.3 s, 2026-11).
    values = ", ".join(f"unnest(${name}) as {name}" for name in columns)
    con.execute(f"create or replace temp table {name} as select {values}", dict(columns))


def create_choice_table(con: "DuckDBPyConnection", name: str, query: str, slots: int = SLOTS) -> None:
    """Create the table ``name`` (key, slot, choice, miles) from a query with the columns key, choice, miles and weight.

    Each key has ``slots`` rows, and each of its choices a share of them in proportion to its weight. A random slot is
    therefore a random choice.
    """
    con.execute(CHOICE_TABLE.format(name=name, query=query, slots=slots))


def create_local_time(con: "DuckDBPyConnection", month: date) -> None:
    """Create the macro ``local_time(utc)``: the time in New York, for the month and two days around it."""
    first = midnight_utc(month) - timedelta(days=2)
    last = midnight_utc(add_months(month, 1)) + timedelta(days=2)
    offsets = {at: local_time(at) - at for at in (first + number * HOUR for number in range((last - first) // HOUR))}
    before, *_, after = offsets.values()  # at most one clock change in so short a time
    changed = next(at for at, offset in offsets.items() if offset == after)
    earlier, later = (int(offset.total_seconds()) for offset in (before, after))
    con.execute(f"""
        create or replace temp macro local_time(utc) as
        utc + to_seconds(case when utc < timestamp '{changed}' then {earlier} else {later} end)
    """)


def create_seeds(
    con: "DuckDBPyConnection", hours: Sequence[Hour], month: date, anomalies: Mapping[str, int], pairs: Collection[str]
) -> None:
    """Create the table ``seeds`` with one row per trip: ``utc`` (its start), ``id``, ``copy`` and ``anomaly``.

    ``anomaly`` is null for an ordinary trip. Anomalies are added to the trips of ``hours``. Those in ``pairs`` are two
    rows with one id: ``copy`` 0 is ordinary, ``copy`` 1 is the anomaly.
    """
    create_table(con, "hours", {name: [getattr(hour, name) for hour in hours] for name in ("utc", "key", "trips")})
    rows = list(anomaly_seeds(hours, month, anomalies, pairs))
    create_table(con, "anomalies", {name: [row[name] for row in rows] for name in ("utc", "id", "copy", "anomaly")})
    con.execute("""
        create or replace temp table seeds as
        with ordinary as (
            select utc, hash(xor(cast(key as ubigint), cast(number as ubigint))) as id
            from (select utc, key, unnest(range(trips)) as number from hours)
        )

        select
            utc + to_milliseconds(cast(floor(uniform(id, 0) * 3600000) as bigint)) as utc,
            id,
            0 as copy,
            null::varchar as anomaly
        from ordinary
        union all
        select utc::timestamp, id::ubigint, copy::integer, anomaly::varchar from anomalies
    """)


def anomaly_seeds(
    hours: Sequence[Hour], month: date, anomalies: Mapping[str, int], pairs: Collection[str]
) -> Iterator[dict[str, object]]:
    """The seeds of the anomalies, all between 8:00 and 20:00 and between day 3 and 24 of the month.

    There, neither the month's edges nor a clock change can add to the anomaly or hide it.
    """
    first, last = (datetime(month.year, month.month, day) for day in (3, 25))
    candidates = [hour for hour in hours if first <= hour.local < last and 8 <= hour.local.hour < 20]
    generator = random.Random(f"{month} {candidates[0].key}")
    for anomaly in sorted(anomalies):
        for _ in range(anomalies[anomaly]):
            utc = generator.choice(candidates).utc + timedelta(milliseconds=generator.randrange(3_600_000))
            row = {"utc": utc, "id": generator.getrandbits(63), "copy": 0, "anomaly": anomaly}
            if anomaly in pairs:
                yield row | {"anomaly": None}
            yield row | {"copy": int(anomaly in pairs)}


def count_records(con: "DuckDBPyConnection", conditions: Mapping[str, str]) -> dict[str, int]:
    """Count the rows of the table ``records``: all, those of each anomaly, and those that meet each SQL condition."""
    anomalies: list[tuple[str, int]] = con.execute(
        "select anomaly, count(*) from records where anomaly is not null group by all order by all"
    ).fetchall()
    tests = {"rows": "true", "fall_back_hour": "anomaly is null and end_time < start_time", **conditions}
    [counted] = con.execute(
        "select " + ", ".join(f"count(*) filter ({test})" for test in tests.values()) + " from records"
    ).fetchall()
    return dict(anomalies) | dict(zip(tests, counted, strict=True))
