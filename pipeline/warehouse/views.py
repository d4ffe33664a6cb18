"""Which views the warehouse has, of which version of the dbt project and engine: a month's build leaves those alone.

To replace 33 views takes a quarter of the time in which dbt builds a small month (2026-11).
"""

from pipeline.database import Warehouse
from pipeline.warehouse.dbt import project_digest

RECORD = "create table if not exists raw_data.views (schema_name varchar, view_name varchar, project varchar)"
EXISTING = "(select schema_name, view_name from duckdb_views() where not internal)"


def version_of(warehouse: Warehouse) -> str:
    """What the views are of. Each engine has views of its own."""
    return f"{project_digest()} {warehouse.engine}"


def are_current(warehouse: Warehouse) -> bool:
    """Whether the views are those of the project and engine as they are now, and none of them was dropped since."""
    with warehouse.connect() as con:
        con.execute(RECORD)
        others = f"count(*) filter (project <> $1 or (schema_name, view_name) not in {EXISTING})"
        return con.execute(
            f"select {others}, count(*) > 0 from raw_data.views", [version_of(warehouse)]
        ).fetchall() == [(0, True)]


def forget(warehouse: Warehouse) -> None:
    """Records that the views are of no project. Call it before they are replaced: a run that is killed leaves some."""
    with warehouse.connect() as con:
        con.execute(RECORD)
        con.execute("delete from raw_data.views")


def record(warehouse: Warehouse) -> None:
    """Records that the views are those of the project and engine as they are now."""
    with warehouse.connect() as con:
        con.begin()
        con.execute(RECORD)
        con.execute("delete from raw_data.views")
        con.execute(f"insert into raw_data.views select *, $1 from {EXISTING}", [version_of(warehouse)])
        con.commit()
