"""The verb metrics: MetricFlow on the warehouse, for all months or for one."""

from collections.abc import Sequence

from pipeline.database import Warehouse
from pipeline.errors import BadInput
from pipeline.paths import program
from pipeline.tasks import records
from pipeline.tasks.parameters import past_month
from pipeline.warehouse import dbt


def metrics(warehouse: Warehouse, arguments: Sequence[str]) -> int:
    """Runs MetricFlow's command; ``--month 2024-01`` restricts a query to that month. Returns the exit code.

    Raises BadInput where nothing has been built, and for a month that is not in the warehouse.
    """
    remaining, months = list(arguments), records.months_built()
    if "--help" not in remaining and not months:
        raise BadInput(f"no month is in {warehouse.path} yet; {program()} month 2024-01 builds one")
    if "--month" in remaining:
        index = remaining.index("--month")
        month = past_month(remaining[index + 1] if remaining[index + 1 :] else "")
        if month not in months:
            built = ", ".join(map("{:%Y-%m}".format, months))
            raise BadInput(f"month {month:%Y-%m}: not in the warehouse; it has {built}")
        remaining[index : index + 2] = ["--where", f"{{{{ TimeDimension('metric_time', 'month') }}}} = '{month}'"]
    return dbt.run_metricflow(warehouse, remaining)
