"""The held-out part forecast several steps ahead, from many origins, by the job's own draws."""

from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.app.markdown import captioned, table
from bayesneuron.data import as_series
from bayesneuron.data.recordings import recording_lengths, recording_of
from bayesneuron.forecasting import backtest
from bayesneuron.forecasting.backtest_result import WORDS, Backtest
from bayesneuron.forecasting.sizes import row_of_draws
from bayesneuron.numerics.display import number

STEPS = 10  # ahead
ORIGINS = 40  # in all
SHOWN = 250  # draws per chain: enough for bands and errors
FEWEST = 12  # samples to fit references to
FIT = 4  # as many steps as the samples trained on hold so many times

HEADER = ("skill", "CRPS", "log score", "in 50% band", "in 90% band", "p")
EXPLAINED = (
    "from origins in the held-out part, feeding its own noisy forecasts back; references know the "
    "same. `skill` is the share of persistence's RMSE "
    "that is saved; `p` is of the Diebold-Mariano test against the network, with allowance for "
    "forecasts that overlap."
)


def few_draws(draws: xr.DataTree) -> xr.DataTree:
    """Evenly spaced draws of every chain."""
    return draws.isel(draw=slice(None, None, max(1, draws["posterior"].sizes["draw"] // SHOWN)))


def judge_ahead(
    draws: xr.DataTree, series: Any, *, horizon: int, test: float, seed: int, exogenous: Any = None
) -> Backtest | None:
    """Backtest draws on the held-out part; None where it has no room for a forecast.

    Parameters
    ----------
    draws : DataTree
    series : array_like
        The whole of it.
    horizon : int
        Of the network: at least so many steps ahead.
    test : float
        The share that is held out.
    seed : int
    exogenous : DataArray, optional
        What is known ahead of all of it: whole outputs are forecast, which know as far. Where only
        some channels are forecast, one output.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> series = bn.datasets.noisy_sine(length=12)
    >>> draws = bn.prior(bn.load("two_layer", inputs=3, hidden=1, outputs=1), np.zeros((1, 3)))
    >>> judge_ahead(draws, series, horizon=4, test=0.2, seed=0) is None
    True
    """
    data = as_series(series)
    lengths = recording_lengths(recording_of(data), len(data))
    late = int(np.ceil(test * lengths.max()))
    early = int(lengths.max()) - late
    steps = min(max(STEPS, horizon), late // 2, early // FIT)
    if steps < horizon or early < FEWEST:
        return None
    if exogenous is not None:
        steps -= steps % horizon
    if row_of_draws(draws).some:
        steps = horizon
    each = max(1, ORIGINS // len(lengths))
    return backtest(
        few_draws(draws), data,
        horizon=steps, origins=each, test_size=test, seed=seed, exogenous=exogenous,
    )  # fmt: skip


def table_ahead(tested: Backtest) -> list[str]:
    """All steps together, and the first and the last one alone, as Markdown."""
    steps = tested.forecasts.sizes["step"]
    units = str(tested.forecasts.attrs.get("units", ""))
    name = f"RMSE ({units})" if units else "RMSE"
    whole, single = tested.table(), [1, steps] if steps > 1 else []
    errors = [whole, *(tested.table(step) for step in single)]
    ahead = f"{steps} step{'s' * (steps > 1)} ahead"
    header = [f"{ahead}, forecast by", name, *(f"at step {step}" for step in single)]
    rows = []
    for forecaster, row in whole.iterrows():
        shares = (f"{row[k]:.0%}" for k in ("coverage_50", "coverage_90"))
        others = (number(row[k]) for k in ("skill", "crps", "log_score"))
        p = number(row["dm_p"]) if np.isnan(row["dm_p"]) else f"{row['dm_p']:.2g}"
        word = WORDS.get(str(forecaster), str(forecaster)).removeprefix("the ")
        rows.append(
            [word, *(f"{t.loc[forecaster, 'rmse']:.4g}" for t in errors), *others, *shares, p]
        )
    season = f" The season has {tested.period} samples." if tested.period else ""
    made = table([*header, *HEADER], rows)
    fits = "One fit forecasts" if tested.fits <= 1 else f"{tested.fits} fits forecast"
    return [captioned(f"Forecasts {ahead}", made), f"{fits} {EXPLAINED}{season}"]
