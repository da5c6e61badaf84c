"""Wrong arguments of a backtest are refused before long work."""

import pytest
from test_backtest import EARLY, MODEL, SERIES, fit

import bayesneuron as bn


@pytest.fixture(scope="module")
def draws():
    return fit(*bn.windows(SERIES[:EARLY], 4))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon": 0}, "horizon: expected a positive"),
        ({"origins": 0}, "origins: expected a positive"),
        ({"origins": [145, 148]}, "expected 4 samples .horizon. from each one on, got 148"),
        ({"origins": [0]}, "expected places from 1 to 149, got"),
        ({"origins": ["2020-01-01"]}, "expected a count, places in the series, or time stamps"),
        (
            {"horizon": 110},
            "expected at least 110 samples .horizon. after those trained on, got 106",
        ),
        ({"references": ("ets",)}, "references: expected some of .*persistence"),
        ({"references": "ssa"}, "references: expected some of"),
        ({"refit": True}, "refit: expected none with draws, which are not fitted again"),
        ({"windows": {"history": 4}}, "windows: expected none with draws"),
        ({"period": 100}, "period: expected a whole number from 1 to"),
        ({"seed": -1}, "seed: expected"),
        ({"test_size": 1.0}, "test_size: expected"),
    ],
)
def test_wrong_arguments_with_draws(options, message, draws):
    with pytest.raises(ValueError, match=message):
        bn.backtest(draws, SERIES, **{"horizon": 4, **options})


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (3, {}, "source: expected draws, a model .bn.load. or a function"),
        (fit, {"windows": None}, "windows: expected the arguments of bn.windows"),
        (fit, {"windows": {"history": 4, "target": "reconstruct"}}, "windows: expected the arg"),
        (fit, {"windows": {"history": 4, "standardize": SERIES}}, "may have seen the future"),
        (fit, {"options": {"samples": 9}}, "options: expected none with a function"),
        (MODEL, {"method": "mcmc"}, "method: expected one of"),
        (fit, {"refit": 0}, "refit: expected a positive"),
        (lambda x, y: 1, {}, "source: expected a DataTree"),
        (fit, {"horizon": 20, "origins": [15]}, "expected more than 20 samples .horizon. before"),
    ],
)
def test_wrong_arguments_with_a_fit(source, options, message):
    with pytest.raises(ValueError, match=message):
        bn.backtest(source, SERIES, **{"horizon": 4, "windows": {"history": 4}, **options})
