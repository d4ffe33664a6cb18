"""Kinds of weather whose effect is estimated: which hours are compared, and what else is part of the regression."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]
    Weather = Mapping[str, Array]

CONDITIONS = ("rain", "snow", "cold", "heat", "adverse")
DOSES_MM = {"rain_0.1_to_0.2_mm": 0.0, "rain_0.3_to_0.9_mm": 0.3, "rain_1_to_2.4_mm": 1.0, "rain_2.5_mm_or_more": 2.5}
"""Hours of rain by the least precipitation, in ascending order. A band ends where the next one begins: rain is
published in steps of 0.1 mm."""
AFTER_HOURS = {"dry_1_hour_after_rain": (1, 1), "dry_2_to_6_hours_after_rain": (2, 6)}
"""Dry hours after rain by the hours since it rained, both included."""
RAIN, SNOW = ("rain", "mixed"), ("snow", "mixed")


@dataclass(frozen=True)
class Comparison:
    """Flags of the hours with each condition, and of the hours that these are compared with.

    The regression also has the ``covariates``, and a level for each kind of ``other`` hours. Hours that are none of
    these are left out, and so are those that are not ``known``: it is unknown whether they have the condition.
    """

    conditions: "Mapping[str, Array]"
    without: "Array"
    known: "Array"
    covariates: "Sequence[Array]"
    other: "Sequence[Array]" = ()


def comparisons(weather: "Weather") -> list[Comparison]:
    """The comparisons of a month, whose hours have the columns of ``hours.WEATHER``.

    Hours with rain, snow or adverse weather are compared with dry hours after six dry hours, because trips return
    slowly after rain. All comparisons are net of a smooth trend and of holidays. Rain and snow are also net of
    temperature and its square: rides depend on it, and in winter rain falls in mild hours. Cold and heat are
    temperature, and are net of neither; both sides are dry. Adverse weather is net of temperature where it is not the
    temperature that is adverse.
    """
    import numpy as np

    celsius, is_adverse = weather["temperature_c"], weather["is_adverse"]
    known = weather["is_known"] & np.isfinite(celsius)
    dry, common = known & clean(weather), [*trend(weather["day"]), weather["is_holiday"]]
    net, by_rain, after_snow = [*common, *square(celsius)], doses(weather), after(weather, SNOW)
    after_rain = [by_rain[name] for name in AFTER_HOURS]
    compared = [
        Comparison({"rain": weather["is_rain"]}, dry, known, net, after_rain),
        Comparison({"snow": weather["is_snow"]}, dry, known, net, list(after_snow.values())),
        Comparison(by_rain, dry, known, net),
    ]
    for name, flag in (("cold", weather["is_cold"]), ("heat", weather["is_hot"])):
        compared.append(Comparison({name: dry & flag}, dry & ~flag, known, common))
    known, ordinary = known & weather["is_adverse_known"], dry & ~is_adverse
    celsius = without_extremes(celsius, ~is_adverse & known, ordinary & known)
    return [*compared, Comparison({"adverse": is_adverse}, ordinary, known, [*common, *square(celsius)])]


def clean(weather: "Weather") -> "Array":
    """Dry hours of which the six hours before are known to be dry as well."""
    import numpy as np

    return np.asarray(weather["is_dry"] & weather["is_past_known"] & np.isnan(weather["hours_since"]))


def doses(weather: "Weather") -> "dict[str, Array]":
    """Hours of rain by its amount, and dry hours by the time since it rained."""
    amount, ends = weather["precipitation_mm"], [*list(DOSES_MM.values())[1:], float("inf")]
    bands = {
        name: weather["is_rain"] & (amount >= least) & (amount < end)
        for (name, least), end in zip(DOSES_MM.items(), ends, strict=True)
    }
    return bands | after(weather, RAIN)


def after(weather: "Weather", types: Sequence[str]) -> "dict[str, Array]":
    """Dry hours by the time since precipitation, where what fell last is of these types."""
    import numpy as np

    is_after = weather["is_dry"] & weather["is_past_known"] & np.isin(weather["fell_last"], types)
    since = weather["hours_since"]
    return {name: is_after & (since >= first) & (since <= last) for name, (first, last) in AFTER_HOURS.items()}


def trend(day: "Array") -> "list[Array]":
    """A cubic trend over the month, by the number of the day.

    With a straight line, the correlation of the residuals of adjacent days was 0.7 where the city shut down, in March
    2020, and 0.3 where snow ended the rides of a fortnight, in February 2021. With the cubic trend it is 0.01 on
    average in 16 real months of Jersey City and of green and yellow taxis. The regression takes up a part of it:
    simulated months with the same weather have -0.17 where days are independent and 0.02 where their correlation is
    0.3, so that this is the correlation of real days (2026-11).
    """
    part = (day - 16) / 16
    return [part, part**2, part**3]


def square(celsius: "Array") -> "list[Array]":
    """The temperature and its square, centred, and on a scale of about 1."""
    import numpy as np

    part = (celsius - (np.nanmean(celsius) if np.isfinite(celsius).any() else 0)) / 10
    return [part, part**2]


def without_extremes(celsius: "Array", not_adverse: "Array", ordinary: "Array") -> "Array":
    """The temperature; where it is outside the range of all hours that are not adverse, the mean of ordinary hours."""
    import numpy as np

    if not ordinary.any():
        return celsius
    mild = celsius[not_adverse]
    is_extreme = (celsius < mild.min()) | (celsius > mild.max())
    return np.where(is_extreme, celsius[ordinary].mean(), celsius)
