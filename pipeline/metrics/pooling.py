"""Effects of single months -> the effect over all of them, by season and by borough.

A random-effects model: the true effects of months differ, around a mean that is estimated. Months are weighted by the
inverse of their variance and of the variance between months, which is estimated by the method of Paule and Mandel. The
interval is that of Hartung and Knapp: it takes the spread of the months as it is, and holds for few months.

The prediction interval is for the true effect in another month of the same kind. It takes into account that the
variance between months is uncertain, with the confidence distribution of the variance, as Nagashima et al. do; that of
Viechtbauer, whose weighted sum of squares has exactly a chi-squared distribution. In the simulated sets below it
covers 93 to 98% where months differ, and 99% or more where they do not; the interval of Higgins et al. with the
estimated variance covers as little as 87% (2026-11).

The variances are estimates with few degrees of freedom themselves. A month whose variance is small by chance would
weigh too much: the variances are first moved half way to their geometric mean. In simulated sets of 3 to 40 months with
4 to 16 degrees of freedom, intervals then cover 94.5 to 95.9%, and 92.7 to 95.1% without it (2026-11).

R. C. Paule, J. Mandel (1982): Consensus values and weighting factors. Journal of Research of the National Bureau of
Standards 87.
J. Hartung, G. Knapp (2001): On tests of the overall treatment effect in meta-analysis with normally distributed
responses. Statistics in Medicine 20.
W. Viechtbauer (2007): Confidence intervals for the amount of heterogeneity in meta-analysis. Statistics in Medicine 26.
K. Nagashima, H. Noma, T. A. Furukawa (2019): Prediction intervals for random-effects meta-analysis: a confidence
distribution approach. Statistical Methods in Medical Research 28.
J. P. T. Higgins, S. G. Thompson, D. J. Spiegelhalter (2009): A re-evaluation of random-effects meta-analysis. Journal
of the Royal Statistical Society A 172.
J. IntHout, J. P. A. Ioannidis, M. M. Rovers, J. J. Goeman (2016): Plea for routinely presenting prediction intervals in
meta-analysis. BMJ Open 6.
"""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.metrics.conditions import CONDITIONS
from pipeline.metrics.effects import METHOD, q_values
from pipeline.metrics.hours import ALL

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Row = dict[str, Any]

MIN_MONTHS = 3
MAX_STEPS, TOLERANCE = 100, 1e-10
PARTS = 200
"""The parts of equal probability of the confidence distribution of the variance between months."""
SEASONS = {
    **dict.fromkeys((12, 1, 2), "winter"),
    **dict.fromkeys((3, 4, 5), "spring"),
    **dict.fromkeys((6, 7, 8), "summer"),
    **dict.fromkeys((9, 10, 11), "autumn"),
}
KEYS = ("trip_type", "condition", "season", "pickup_borough")
POOLED = ("effect_pct", "low_pct", "high_pct", "prediction_low_pct", "prediction_high_pct", "tau", "p_value")


def pooled(effects: Iterable[Row]) -> list[Row]:
    """The rows of estimates.weather_effects_pooled, from those of estimates.weather_effects, in any order.

    Months without an estimate are left out, and so are effects of another version of the method.
    """
    groups: dict[tuple[str, ...], list[Row]] = {}
    for effect in sorted(effects, key=lambda row: str(row["source_month"])):
        if effect["method"] == METHOD:
            for season in (ALL, SEASONS[effect["source_month"].month]):
                names = {**effect, "season": season}
                groups.setdefault(tuple(names[key] for key in KEYS), []).append(effect)
    rows = [dict(zip(KEYS, group, strict=True)) | pool(members) for group, members in sorted(groups.items())]
    return with_q_values(rows)


def pool(effects: Sequence[Row]) -> Row:
    """The mean effect of months, or the reason why there is none."""
    import numpy as np

    known = [effect for effect in effects if effect["effect_pct"] is not None]
    row: Row = {"months": len(known), "method": METHOD, "reason": None} | dict.fromkeys(POOLED)
    if len(known) < MIN_MONTHS:
        return row | {"reason": f"estimated in {len(known)} of the months, at least {MIN_MONTHS} are needed"}
    logs = np.log1p([effect["effect_pct"] / 100 for effect in known])
    return row | random_effects(logs, np.square([effect["std_error"] for effect in known]))


def random_effects(logs: "Array", variances: "Array") -> Row:
    """The mean of the logarithms of ratios, as changes in percent, and their standard deviation between months, tau."""
    import numpy as np
    from scipy.special import stdtr, stdtrit

    variances, df = moved_to_their_mean(variances), len(logs) - 1
    tau_squared = between_months(logs, variances, np.array([df]))
    weights, (mean,), squares = weighted(logs, variances, tau_squared)
    std_error = (squares.sum() / df / weights.sum()) ** 0.5
    width = stdtrit(df, 0.975) * std_error
    ends = 100 * np.expm1([mean, mean - width, mean + width, *prediction_interval(logs, variances)])
    p_value = 2 * stdtr(df, -abs(mean) / std_error) if std_error > 0 else 0.0
    return dict(zip(POOLED, map(float, (*ends, tau_squared[0] ** 0.5, p_value)), strict=True))


def prediction_interval(logs: "Array", variances: "Array") -> list[float]:
    """The ends of the 95% interval for another logarithm.

    Given the variance between months, another logarithm has a normal distribution; over the confidence distribution of
    the variance, a mixture of them.
    """
    import numpy as np
    from scipy.special import chdtri

    parts = (np.arange(PARTS) + 0.5) / PARTS
    tau_squared = between_months(logs, variances, chdtri(len(logs) - 1, parts))
    weights, means, _ = weighted(logs, variances, tau_squared)
    return quantiles(means, np.sqrt(1 / weights.sum(axis=0) + tau_squared), np.array([0.025, 0.975]))


def quantiles(means: "Array", deviations: "Array", shares: "Array") -> list[float]:
    """The quantiles of a mixture of normal distributions with equal weights."""
    import numpy as np
    from scipy.special import ndtr, ndtri

    of_parts = means + ndtri(shares)[:, None] * deviations
    low, high = of_parts.min(axis=1), of_parts.max(axis=1)
    found = of_parts.mean(axis=1)
    for _ in range(MAX_STEPS):
        z = (found[:, None] - means) / deviations
        excess = ndtr(z).mean(axis=1) - shares
        if (np.abs(excess) < TOLERANCE * shares).all():
            break
        low, high = np.where(excess < 0, found, low), np.where(excess < 0, high, found)
        # Newton's method, or half of the interval where it would leave it.
        slope = (np.exp(-(z**2) / 2) / deviations).mean(axis=1) / math.sqrt(2 * math.pi)
        step = found - np.divide(excess, slope, out=np.full_like(excess, np.inf), where=slope > np.finfo(float).tiny)
        found = np.where((step > low) & (step < high), step, (low + high) / 2)
    return [float(one) for one in found]


def moved_to_their_mean(variances: "Array") -> "Array":
    """The geometric means of each variance and the geometric mean of all."""
    import numpy as np

    return np.asarray(np.sqrt(variances * np.exp(np.log(variances).mean())))


def between_months(logs: "Array", variances: "Array", expected: "Array") -> "Array":
    """The variances between months with which the weighted sums of squares are as expected; 0 if they are smaller."""
    import numpy as np

    tau_squared = np.zeros(len(expected))
    for _ in range(MAX_STEPS):
        weights, _, squares = weighted(logs, variances, tau_squared)
        found = squares.sum(axis=0)
        excess = np.where((tau_squared == 0) & (found < expected), 0, found - expected)
        if (np.abs(excess) < TOLERANCE * expected).all():
            break
        # Newton's method for the inverse of the sum of squares: it is a straight line where all variances are equal.
        slope = (weights * squares).sum(axis=0)  # 0 where effects are equal but for their last digits
        step = excess / expected * np.divide(found, slope, out=np.zeros_like(found), where=slope > 0)
        tau_squared = np.maximum(0, tau_squared + step)
    return tau_squared


def weighted(logs: "Array", variances: "Array", tau_squared: "Array") -> tuple["Array", "Array", "Array"]:
    """For each variance between months the weights, the mean, and the weighted squares around it.

    Weights and squares have a row for each month, and a column for each variance.
    """
    weights = 1 / (variances[:, None] + tau_squared)
    means = (weights * logs[:, None]).sum(axis=0) / weights.sum(axis=0)
    return weights, means, weights * (logs[:, None] - means) ** 2


def with_q_values(rows: list[Row]) -> list[Row]:
    """Adds ``q_value``: over the conditions on all modes that the index claims, and apart over all other rows."""
    for is_claimed in (True, False):
        known = []
        for row in rows:
            claimed = row["condition"] in CONDITIONS and row["season"] == row["pickup_borough"] == ALL
            if claimed is is_claimed:
                row["q_value"] = None
                known += [row] if row["p_value"] is not None else []
        for row, q_value in zip(known, q_values([row["p_value"] for row in known]), strict=True):
            row["q_value"] = q_value
    return rows
