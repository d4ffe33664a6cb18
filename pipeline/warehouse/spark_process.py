"""dbt's commands on Spark: as dbt_process.py, with an end where a cluster has no executor left.

Spark itself waits for executors for ever.
"""

import os
import runpy
import time
from pathlib import Path
from threading import Thread

CHECK_S = 2.0
"""Seconds between two looks at the executors."""


def end_without_executors(wait_s: float) -> None:
    """Ends this process once Spark has had no executor for so many seconds."""
    seen = time.monotonic()
    while True:
        time.sleep(CHECK_S)
        if has_executor():
            seen = time.monotonic()
        elif time.monotonic() - seen > wait_s:
            print(f"Spark has had no executor for {wait_s:.0f} s", flush=True)
            os._exit(1)


def has_executor() -> bool:
    """Whether Spark has one, or does not run: it has not started yet, or is about to end."""
    from py4j.protocol import Py4JError
    from pyspark import SparkContext

    java_context = getattr(SparkContext._active_spark_context, "_jsc", None)
    if java_context is None:
        return True
    try:
        return len(java_context.sc().statusTracker().getExecutorInfos()) > 1  # one is the driver
    except Py4JError:
        return True


if __name__ == "__main__":
    if not os.environ["MOBILITY_SPARK_MASTER"].startswith("local"):
        wait_s = float(os.environ["MOBILITY_SPARK_WAIT_S"])
        Thread(target=end_without_executors, args=(wait_s,), daemon=True).start()
    runpy.run_path(str(Path(__file__).with_name("dbt_process.py")), run_name="__main__")
