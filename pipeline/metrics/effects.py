"""Hours of a month -> the effect of rain, snow, cold, heat and adverse weather on the trips of each type.

Hours with the weather are compared with hours without it of the same weekday and hour of the day, within the month: a
Poisson regression of the trips of each hour on the weather, with a level for every weekday and hour, so that cold
nights are compared with milder nights. The estimate is a ratio of rates. It is consistent where the mean is modelled
correctly, whatever the distribution of the counts, and hours without a trip need no special treatment, as they would
with logarithms. Steady growth or decline over the month is not attributed to the weather: without this trend in the
model, the interval of rain on yellow taxis in March 2020, when the city shut down, was -61% to +85%; with it, -11% to
+24%. Hours of a day share their weather and much else: standard errors are clustered by day.
"""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import numpy as np

    Arrays = Mapping[str, np.ndarray[Any, Any]]

DRY = "precipitation_type = 'none'"
CONDITIONS = {
    "rain": ("precipitation_type in ('rain', 'mixed')", "precipitation_type = 'none'"),
    "snow": ("precipitation_type in ('snow', 'mixed')", "precipitation_type = 'none'"),
    "cold": (f"{DRY} and temp_category = 'cold'", f"{DRY} and temp_category <> 'cold'"),
    "heat": (f"{DRY} and temp_category = 'hot'", f"{DRY} and temp_category <> 'hot'"),
    "adverse": ("is_adverse", "not is_adverse"),
}
"""Conditions of hours with the weather and of those compared with them. Cold and heat compare dry hours: mild hours of
winter are often wet."""
MIN_HOURS, MIN_DAYS = 8, 5
"""Hours and days with the weather that an estimate needs. The hours of a day are one cluster, and the interval of four
clusters is too narrow."""
HOURS = """
    select
        hours.trip_type::varchar as trip_type,
        dayofyear(hours.hour_timestamp) as day,
        isodow(hours.hour_timestamp) * 24 + hour(hours.hour_timestamp) as stratum,
        sum(hours.trip_count)::double as trips,
        any_value(case when {with_it} then 1 when {without} then 0 end)::double as is_with
    from core.fct_hourly_mobility as hours
    join core.dim_weather as weather using (weather_key)
    where hours.source_month = $month and date_trunc('month', hours.hour_timestamp) = $month
        and ({with_it} or {without})
    group by hours.trip_type, hours.hour_timestamp
    order by hours.trip_type, hours.hour_timestamp
"""


@dataclass(frozen=True)
class Effect:
    """The change in trips of an hour with the weather, in percent, with a 95% confidence interval.

    ``hours_with`` and ``hours_without`` count the hours compared. Where there is no estimate, ``reason`` says why.
    """

    source_month: date
    trip_type: str
    condition: str
    effect_pct: float | None
    low_pct: float | None
    high_pct: float | None
    hours_with: int
    hours_without: int
    reason: str | None


def effects(con: "duckdb.DuckDBPyConnection", month: date) -> list[dict[str, Any]]:
    """The effect of each condition on each type of trip loaded for the month, as rows of estimates.weather_effects."""
    use_one_blas_thread()
    found = []
    for condition, (with_it, without) in CONDITIONS.items():
        sql = HOURS.format(with_it=with_it, without=without)
        hours = con.execute(sql, {"month": month}).fetchnumpy()
        for trip_type in sorted(set(hours["trip_type"])):
            of_type = {name: values[hours["trip_type"] == trip_type] for name, values in hours.items()}
            found.append(asdict(Effect(month, trip_type, condition, **estimate(of_type))))
    return found


def use_one_blas_thread() -> None:
    """Sets OpenBLAS's number of threads, which it reads when numpy is first imported.

    The matrices are small, and idle threads wait busily: with a thread per core a month took 3.6 s of processor time,
    with one thread 0.2 s, and gave the same to the last bit (2 busy cores, 2026-11).
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def estimate(hours: "Arrays") -> dict[str, Any]:
    """The effect in hours given by ``trips``, ``is_with`` (0 or 1), ``stratum`` and ``day``.

    Returns the fields of ``Effect`` from ``effect_pct`` on; where there is no estimate, with the reason.
    """
    import numpy as np

    compared = comparable(hours)
    is_with = compared["is_with"] == 1
    counts = {"hours_with": int(is_with.sum()), "hours_without": int((~is_with).sum())}
    days = len(np.unique(compared["day"][is_with]))
    none = dict.fromkeys(("effect_pct", "low_pct", "high_pct")) | counts
    if counts["hours_with"] < MIN_HOURS or days < MIN_DAYS:
        least = f"at least {MIN_HOURS} on {MIN_DAYS} days are needed"
        return none | {"reason": f"{counts['hours_with']} hours on {days} days can be compared, {least}"}
    if not compared["trips"][is_with].any() or not compared["trips"][~is_with].any():
        return none | {"reason": "no trip in the hours on one of the sides"}
    if (found := rate_ratio(compared)) is None:
        return none | {"reason": "the regression finds no estimate"}
    ratio, low, high = found
    return (
        {name: 100 * (value - 1) for name, value in zip(none, (ratio, low, high), strict=False)}
        | counts
        | {"reason": None}
    )


def comparable(hours: "Arrays") -> "Arrays":
    """The hours whose weekday and hour occurs on both sides with a trip in any of them; others carry no information."""
    import numpy as np

    _, stratum = np.unique(hours["stratum"], return_inverse=True)
    count, with_it, trips = (np.bincount(stratum, weights) for weights in (None, hours["is_with"], hours["trips"]))
    is_compared = ((with_it > 0) & (with_it < count) & (trips > 0))[stratum]
    return {name: values[is_compared] for name, values in hours.items()}


def rate_ratio(hours: "Arrays") -> tuple[float, float, float] | None:
    """The ratio of the rates with and without, and its 95% confidence interval; None if the fit does not converge."""
    import numpy as np
    from statsmodels.discrete.discrete_model import Poisson

    _, stratum = np.unique(hours["stratum"], return_inverse=True)
    trend = (hours["day"] - hours["day"].mean()) / 31
    design = np.column_stack([hours["is_with"], trend, np.eye(stratum.max() + 1)[stratum]])
    mean_logs = np.log(np.bincount(stratum, hours["trips"]) / np.bincount(stratum))
    fit = Poisson(hours["trips"], design, hasconst=True).fit(
        start_params=np.concatenate([[0, 0], mean_logs]),
        cov_type="cluster",
        cov_kwds={"groups": hours["day"]},
        use_t=True,
        disp=False,
    )
    if not fit.mle_retvals["converged"]:
        return None
    low, high = fit.conf_int()[0]
    return float(np.exp(fit.params[0])), float(np.exp(low)), float(np.exp(high))
