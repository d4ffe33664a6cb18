"""DuckDB as a dice box: rows drawn from hashes, so that the same seed gives the same rows, millions in seconds.

DuckDB promises ``hash()`` for no other version than its own: another gives other files, of which the same is true.
"""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.sample.demand import Hour, month_after, to_utc, to_wall
from pipeline.sample.weather import HOUR

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MILES_A_DEGREE = 69.0

# hash(a, b) mixes its arguments too little (correlations of 0.6 were measured); hash() of one number is good.
MACROS = """
    create macro u(id, salt) as (hash(xor(id, cast(salt as ubigint) * 2654435761)) >> 11) / 9007199254740992.0;
    create macro bell(id, salt) as sqrt(-2 * ln(1 - u(id, salt))) * cos(2 * pi() * u(id, salt + 1000));
"""
SLOTS = 4096  # for each origin: a place that draws one trip in a hundred owns 41

# ``query`` gives origin, place, miles and weight; a trip from the origin leads to the place that owns its slot.
SLOTTED = """
    create or replace temp table {name} as
    with weighted as (
        select *, sum(weight) over by_place / sum(weight) over (partition by origin) as up_to
        from ({query})
        window by_place as (partition by origin order by place)
    ),

    slots as (
        select origin, cast(slot as integer) as slot, (slot + 0.5) / {slots} as share
        from (select distinct origin from weighted) cross join range({slots}) as range(slot)
    )

    select slots.origin, slot, place, miles
    from slots asof inner join weighted on slots.origin = weighted.origin and share <= up_to
"""


def connect(spill: Path) -> "DuckDBPyConnection":
    """A database in memory that knows how to draw; ``spill`` is where it may put what does not fit."""
    import duckdb

    con = duckdb.connect(config={"temp_directory": str(spill), "memory_limit": "2GB"})
    con.execute(MACROS)
    return con


def table(con: "DuckDBPyConnection", name: str, columns: Mapping[str, Sequence[Any]]) -> None:
    """Python's columns as a temporary table."""
    import pyarrow as pa

    con.register("incoming", pa.table(dict(columns)))
    con.execute(f"create or replace temp table {name} as from incoming")
    con.unregister("incoming")


def slotted(con: "DuckDBPyConnection", name: str, query: str, slots: int = SLOTS) -> None:
    """The table ``name`` (origin, slot, place, miles), from a query that gives origin, place, miles and weight."""
    con.execute(SLOTTED.format(name=name, query=query, slots=slots))


def miles(here: str, there: str) -> str:
    """SQL for the miles between two places that have ``lat`` and ``lng``; flat, which is good enough within a city."""
    return f"{MILES_A_DEGREE} * sqrt(({here}.lat - {there}.lat) ** 2 + (0.7576 * ({here}.lng - {there}.lng)) ** 2)"


def clock(con: "DuckDBPyConnection", month: date) -> None:
    """The macro ``wall``: UTC as clocks in New York show it, good for the month and two days around it."""
    first, last = to_utc(month) - timedelta(days=2), to_utc(month_after(month)) + timedelta(days=2)
    offsets = {at: to_wall(at) - at for at in (first + number * HOUR for number in range((last - first) // HOUR))}
    before, *_, after = offsets.values()  # so short a time has one change of the clocks at most
    changed = next(at for at, offset in offsets.items() if offset == after)
    earlier, later = (int(offset.total_seconds()) for offset in (before, after))
    con.execute(f"""
        create or replace temp macro wall(utc) as
        utc + to_seconds(case when utc < timestamp '{changed}' then {earlier} else {later} end)
    """)


def seeds(
    con: "DuckDBPyConnection", hours: Sequence[Hour], month: date, dirt: Mapping[str, int], pairs: Collection[str]
) -> None:
    """The table ``seeds``, one row a trip: ``utc`` (when it begins), ``id``, and the ``kind`` of dirt, else null.

    Dirt comes on top. Kinds in ``pairs`` come as two rows of one id, ``copy`` 0 and 1, of which the first is ordinary.
    """
    table(con, "hours", {fact: [getattr(hour, fact) for hour in hours] for fact in ("utc", "key", "trips")})
    dirty = list(dirty_seeds(hours, month, dirt, pairs))
    table(con, "dirty", {fact: [row[fact] for row in dirty] for fact in ("utc", "id", "copy", "kind")})
    con.execute("""
        create or replace temp table seeds as
        with ordinary as (
            select utc, hash(xor(cast(key as ubigint), cast(number as ubigint))) as id
            from (select utc, key, unnest(range(trips)) as number from hours)
        )

        select
            utc + to_milliseconds(cast(floor(u(id, 0) * 3600000) as bigint)) as utc,
            id,
            0 as copy,
            null::varchar as kind
        from ordinary
        union all
        select utc::timestamp, id::ubigint, copy::integer, kind::varchar from dirty
    """)


def dirty_seeds(
    hours: Sequence[Hour], month: date, dirt: Mapping[str, int], pairs: Collection[str]
) -> Iterator[dict[str, object]]:
    """By day and well inside the month, where neither its edges nor the clocks disturb what is counted."""
    first, last = (datetime(month.year, month.month, day) for day in (3, 25))
    by_day = [hour for hour in hours if first <= hour.wall < last and 8 <= hour.wall.hour < 20]
    chance = random.Random(f"{month} {by_day[0].key}")
    for kind in sorted(dirt):
        for _ in range(dirt[kind]):
            utc = chance.choice(by_day).utc + timedelta(milliseconds=chance.randrange(3_600_000))
            row = {"utc": utc, "id": chance.getrandbits(63), "copy": 0, "kind": kind}
            if kind in pairs:
                yield row | {"kind": None}
            yield row | {"copy": int(kind in pairs)}


def counts(con: "DuckDBPyConnection", habits: dict[str, str]) -> dict[str, int]:
    """How many rows ``records`` has, how many of each kind of dirt, and of how many each of the ``habits`` is true."""
    kinds: list[tuple[str, int]] = con.execute(
        "select kind, count(*) from records where kind is not null group by all order by all"
    ).fetchall()
    tests = {"rows": "true", "fall_back_hour": "kind is null and ends < starts"} | habits
    [counted] = con.execute(
        "select " + ", ".join(f"count(*) filter ({test})" for test in tests.values()) + " from records"
    ).fetchall()
    return dict(kinds) | dict(zip(tests, counted, strict=True))
