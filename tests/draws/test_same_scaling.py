"""Windows of another scaling than the network was trained in are warned of."""

import warnings

import numpy as np
import pytest

import bayesneuron as bn

SERIES = bn.datasets.noisy_sine(length=120)


@pytest.fixture(scope="module")
def trained():
    x, y = bn.windows(SERIES[:80], history=3)
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        return model, x, y, bn.laplace(model, x, y, samples=50, seed=0)


def test_windows_standardised_by_themselves_are_warned_of(trained):
    draws = trained[3]
    other = bn.windows(10 * SERIES[80:] + 5, history=3)
    for x_other in (other[0], bn.windows(SERIES[80:], history=3, standardize=False)[0]):
        with pytest.warns(bn.StatisticalWarning, match="expected windows standardised as those"):
            bn.predict(draws, x_other)
    with pytest.warns(bn.StatisticalWarning) as caught:
        bn.reduce(draws, test=other, score="merged")
    assert any("test: expected windows standardised" in str(one.message) for one in caught)


def test_windows_standardised_by_the_training_and_plain_arrays_are_not(trained):
    _, x, _, draws = trained
    later, _ = bn.windows(SERIES[80:], history=3, standardize=x)
    for same in (later, x[:5], np.asarray(later)):
        bn.predict(draws, same)  # warnings are errors


def test_draws_without_scaling_whose_windows_are_not_in_the_series_are_warned_of(trained):
    model, x, y, draws = trained
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        plain = bn.laplace(model, np.asarray(x), np.asarray(y), samples=50, seed=0)
    with pytest.warns(bn.StatisticalWarning, match="carry no scaling of their windows"):
        bn.backtest(plain, SERIES, horizon=5, origins=3)
    bn.backtest(draws, SERIES, horizon=5, origins=3)  # warnings are errors


def test_arguments_that_draws_do_not_take_are_refused(trained):
    draws = trained[3]
    with pytest.raises(ValueError, match="method: expected none with draws"):
        bn.backtest(draws, SERIES, horizon=5, method="nuts")
    with pytest.raises(ValueError, match="references: expected some of"):
        bn.backtest(draws, SERIES, horizon=5, references=None)
    with pytest.raises(ValueError, match="series: expected a series, got draws"):
        bn.backtest(SERIES, draws, horizon=5)
    with pytest.raises(ValueError, match="at least one of each"):
        bn.predict(draws, np.zeros((0, 3)))
    with pytest.raises(ValueError, match="as its option inputs=3 says"):
        bn.predict(draws, np.zeros((4, 2)))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "b", "b"], "expected 3 that differ"),
        ("abc", "expected a sequence of str"),
        ([True, 2, None], "expected a sequence of str"),
    ],
)
def test_names_of_communities(names, message):
    with pytest.raises(ValueError, match=message):
        bn.communities(np.eye(3), null=0, names=names)
