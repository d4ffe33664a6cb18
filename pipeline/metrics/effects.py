"""Hours of a month -> the effects of rain, snow, cold, heat and adverse weather on the trips of each type.

Hours with the weather are compared with hours without it of the same weekday and hour of the day, within the month, by
a Poisson regression (estimation.py) on the weather and what goes with it (conditions.py). An effect is a ratio of
rates, as a change in percent.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from pipeline.metrics.conditions import CONDITIONS, Comparison, comparisons
from pipeline.metrics.estimation import MIN_DF, Estimates, regress
from pipeline.metrics.hours import ALL, hours_of

if TYPE_CHECKING:
    import duckdb
    import numpy as np

    Array = np.ndarray[Any, Any]

METHOD = 2
"""The version of the method. Effects of different versions are not comparable. 1: until 2026-11."""
CONDITIONS_BY_BOROUGH = ("rain", "snow")
ESTIMATED = ("effect_pct", "low_pct", "high_pct", "std_error", "df", "p_value")

Row = dict[str, Any]


def effects(con: "duckdb.DuckDBPyConnection", month: date) -> list[Row]:
    """The effects in the month on each type of trip loaded for it, as rows of estimates.weather_effects.

    The effects of all conditions in all boroughs, and of rain and snow in each borough with enough trips.
    """
    use_one_blas_thread()
    hours, found = hours_of(con, month), list[Row]()
    for comparison in comparisons(hours.weather):
        for trip_type, by_borough in hours.trips.items():
            for borough, trips in by_borough.items():
                if borough == ALL or any(name in CONDITIONS_BY_BOROUGH for name in comparison.conditions):
                    keys = {"source_month": month, "trip_type": trip_type, "pickup_borough": borough}
                    found += [keys | row for row in estimate(trips, hours.weather, comparison)]
    return with_q_values(found)


def use_one_blas_thread() -> None:
    """Sets OpenBLAS's number of threads, which it reads when numpy is first imported.

    The matrices are small, and idle threads wait busily: with a thread per core a month took 3.6 s of processor time,
    with one thread 0.2 s, and gave the same to the last bit (2 busy cores, 2026-11).
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def estimate(trips: "Array", weather: "Mapping[str, Array]", compared: Comparison) -> Iterator[Row]:
    """The effect of each condition of the comparison, or the reason why there is none.

    ``weather`` has the columns hours, stratum and day.
    """
    without = compared.without & compared.known
    counts = {
        name: {
            "hours_with": int(weather["hours"][flag & compared.known].sum()),
            "hours_without": int(weather["hours"][without].sum()),
        }
        for name, flag in compared.conditions.items()
    }
    found = regress_on(trips, weather, compared) if any(all(count.values()) for count in counts.values()) else None
    for column, (name, flag) in enumerate(compared.conditions.items(), start=-len(compared.conditions)):
        row: Row = {"condition": name, "reason": None, "method": METHOD} | counts[name] | dict.fromkeys(ESTIMATED)
        if not all(counts[name].values()):
            yield row | {"reason": too_few_hours(counts[name], compared.known)}
        elif not trips[flag & compared.known].any() or not trips[without].any():
            yield row | {"reason": "no trip in the hours on one of the sides"}
        elif found is None or not found.variances[column] > 0:
            yield row | {"reason": "the regression finds no estimate"}
        elif (df := found.dfs[column]) < MIN_DF:
            yield row | {"reason": f"{df:.1f} effective degrees of freedom, at least {MIN_DF} are needed"}
        else:
            yield row | interval(found.logs[column], found.variances[column] ** 0.5, df)


def regress_on(trips: "Array", weather: "Mapping[str, Array]", compared: Comparison) -> Estimates | None:
    """The regression on the comparison's columns, the conditions last."""
    import numpy as np

    flags = [*compared.other, *compared.conditions.values()]
    with_trips = [flag for flag in flags if trips[flag & compared.known].any()]  # no ratio fits the others
    used = compared.known & np.any([compared.without, *with_trips], axis=0)
    design = np.column_stack([*compared.covariates, *flags]).astype(float)
    hours, stratum, day = (weather[name][used] for name in ("hours", "stratum", "day"))
    return regress(trips[used], hours, stratum, day, design[used])


def too_few_hours(counts: Mapping[str, int], known: "Array") -> str:
    if known.all():
        return f"{counts['hours_with']} hours with it and {counts['hours_without']} without it can be compared"
    return f"the weather is unknown in {(~known).sum()} of {len(known)} hours"


def interval(log: float, std_error: float, df: float) -> Row:
    """The effect in percent with its 95% confidence interval, and the p-value of no effect."""
    from scipy.special import stdtr, stdtrit

    width = stdtrit(df, 0.975) * std_error
    ends = (percent(value) for value in (log, log - width, log + width))
    p_value = 2 * float(stdtr(df, -abs(log) / std_error))
    return dict(zip(ESTIMATED, (*ends, float(std_error), float(df), p_value), strict=True))


def percent(log: float) -> float:
    import numpy as np

    return float(100 * np.expm1(log))


def with_q_values(rows: Iterable[Row]) -> list[Row]:
    """Adds ``q_value`` to the rows, over the effects that are read together.

    These are the effects of the conditions on all types of trips, which a page claims, the effects by dose, and those
    by borough.
    """
    found = list(rows)
    families: dict[tuple[bool, bool], list[Row]] = {}
    for row in found:
        families.setdefault((row["pickup_borough"] == ALL, row["condition"] in CONDITIONS), []).append(row)
    for members in families.values():
        known = [row for row in members if row["p_value"] is not None]
        values = iter(q_values([row["p_value"] for row in known]))
        for row in members:
            row["q_value"] = next(values) if row["p_value"] is not None else None
    return found


def q_values(p_values: list[float]) -> list[float]:
    """The false discovery rate at which each is significant (Benjamini and Hochberg 1995).

    Y. Benjamini, Y. Hochberg (1995): Controlling the false discovery rate. Journal of the Royal Statistical Society B
    57.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)
    found, least = [1.0] * len(p_values), 1.0
    for rank, index in zip(range(len(p_values), 0, -1), order, strict=True):
        least = found[index] = min(least, p_values[index] * len(p_values) / rank)
    return found
