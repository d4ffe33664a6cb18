"""The regression, compared with statsmodels and with the formulas of its standard errors on the whole design."""

import numpy as np
import pytest
from scipy.special import stdtrit
from statsmodels.discrete.discrete_model import Poisson

from pipeline.metrics import estimation
from pipeline.metrics.estimation import regress, wider
from tests.unit.metrics.simulated_months import Array, Regime, month


def small_month(seed: int = 1) -> tuple[Array, Array, Array, Array, Array]:
    """Two weeks: trips, hours, stratum, day and a design of a trend, temperature and rain."""
    trips, weather = month(seed, Regime())
    used = slice(0, 14 * 24)
    design = np.column_stack([weather["day"] / 14, weather["temperature_c"] / 10, weather["is_rain"]]).astype(float)
    return trips[used], weather["hours"][used], weather["stratum"][used], weather["day"][used], design[used]


def with_strata(stratum: Array, design: Array) -> Array:
    return np.column_stack([design, np.eye(stratum.max() + 1)[stratum]])


def test_coefficients_are_those_of_statsmodels() -> None:
    trips, hours, stratum, day, design = small_month()
    found = regress(trips, hours, stratum, day, design)
    _, number = np.unique(stratum, return_inverse=True)
    expected = Poisson(trips, with_strata(number, design)).fit(method="newton", disp=False, maxiter=100)
    assert found is not None
    assert found.logs == pytest.approx(expected.params[:3], abs=1e-7)


def test_variances_and_degrees_of_freedom_are_those_of_the_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in Pustejovsky and Tipton (2018), with every matrix in full and the inverse weights as working covariance."""
    monkeypatch.setattr(estimation, "NEIGHBOURS", 0)
    trips, hours, stratum, day, design = small_month()
    found = regress(trips, hours, stratum, day, design)
    assert found is not None
    _, number = np.unique(stratum, return_inverse=True)
    whole = with_strata(number, design)
    means = np.asarray(Poisson(trips, whole).fit(method="newton", disp=False, maxiter=100).predict())
    root = np.sqrt(means)
    scaled = root[:, None] * whole
    bread = np.linalg.inv(scaled.T @ scaled)
    residual_maker = np.eye(len(trips)) - scaled @ bread @ scaled.T
    residuals = (trips - means) / root
    for column in range(3):
        score, rows = [], []
        for one in np.unique(day):
            members = day == one
            values, vectors = np.linalg.eigh(residual_maker[np.ix_(members, members)])
            root_of_inverse = vectors @ np.diag([v**-0.5 if v > 1e-6 else 0 for v in values]) @ vectors.T
            weights = root_of_inverse @ scaled[members] @ bread[:, column]
            score.append(weights @ residuals[members])
            rows.append(residual_maker[members].T @ weights)
        covariance = np.array(rows) @ np.array(rows).T
        eigenvalues = np.linalg.eigvalsh(covariance)
        assert found.variances[column] == pytest.approx(np.square(score).sum(), rel=1e-6)
        assert found.dfs[column] == pytest.approx(eigenvalues.sum() ** 2 / np.square(eigenvalues).sum(), rel=1e-6)


def test_the_covariances_of_adjacent_days_make_intervals_wider_never_narrower(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = small_month()
    with_neighbours = regress(*arguments)
    monkeypatch.setattr(estimation, "NEIGHBOURS", 0)
    without = regress(*arguments)
    assert with_neighbours and without
    widths = [stdtrit(found.dfs, 0.975) * found.variances**0.5 for found in (with_neighbours, without)]
    assert (widths[0] >= widths[1]).all() and (widths[0] > widths[1]).any()


def test_the_variance_of_scores_of_adjacent_days_is_that_of_their_sums() -> None:
    """Two pairs of days whose scores are equal: the sums are 2 and -4, where independent days have 1, 1, 4 and 4."""
    near = np.kron(np.eye(2), np.ones((2, 2)))
    variance, df = wider(np.array([1.0, 1, -2, -2]), np.eye(4) * 5, near)
    assert variance == pytest.approx(2**2 + 4**2)
    assert df == 4, "two independent sums have 2 degrees of freedom, which is less than an estimate needs"
    assert wider(np.array([1.0, -1, 2, -2]), np.eye(4), near) == pytest.approx((10, 4)), "not less than independent"
    assert wider(np.array([1.0, 2]), np.eye(2), np.ones((2, 2)))[1] == pytest.approx(2), "not estimated"


def test_an_hour_that_is_two_hours_has_twice_the_trips() -> None:
    trips, hours, stratum, day, design = small_month()
    doubled = np.where(np.arange(len(hours)) % 5 == 0, 2.0, 1.0)
    one, two = regress(trips * doubled, doubled, stratum, day, design), regress(trips, hours, stratum, day, design)
    assert one and two
    assert one.logs == pytest.approx(two.logs, abs=0.05)
    wrong = regress(trips * doubled, hours, stratum, day, np.column_stack([design, doubled]))
    assert wrong and wrong.logs[3] == pytest.approx(np.log(2), abs=0.05)


def test_a_column_that_depends_on_columns_before_it_has_no_estimate_and_changes_no_other() -> None:
    trips, hours, stratum, day, design = small_month()
    repeated = np.column_stack([design[:, :2], design[:, 0] - 2 * design[:, 1], design[:, 2]])
    found, expected = regress(trips, hours, stratum, day, repeated), regress(trips, hours, stratum, day, design)
    assert found and expected
    assert np.isnan([values[2] for values in (found.logs, found.variances, found.dfs)]).all()
    assert found.logs[[0, 1, 3]] == pytest.approx(expected.logs)


def test_strata_of_one_hour_and_strata_without_a_trip_change_nothing() -> None:
    trips, hours, stratum, day, design = small_month()
    more = {"trips": [7, 0, 0], "hours": [1, 1, 1], "stratum": [900, 901, 901], "day": [3, 3, 4]}
    longer = [np.append(one, extra) for one, extra in zip((trips, hours, stratum, day), more.values(), strict=True)]
    found = regress(longer[0], longer[1], longer[2], longer[3], np.vstack([design, np.ones((3, 3))]))
    expected = regress(trips, hours, stratum, day, design)
    assert found and expected
    assert found.logs == pytest.approx(expected.logs)
    assert found.variances == pytest.approx(expected.variances)


def test_a_ratio_that_is_infinite_is_not_estimated() -> None:
    trips, hours, stratum, day, design = small_month()
    assert regress(np.where(design[:, 2] == 1, 0.0, trips), hours, stratum, day, design) is None


def test_nothing_is_estimated_from_no_hours() -> None:
    nothing = np.array([])
    found = regress(nothing, nothing, nothing, nothing, np.empty((0, 2)))
    assert found and np.isnan(found.logs).all()
