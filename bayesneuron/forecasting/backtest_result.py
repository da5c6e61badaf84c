"""What a backtest gives: every forecast beside what came, errors by step, a table, a verdict."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.forecasting.at_origins import NETWORK
from bayesneuron.forecasting.differences import Test, diebold_mariano, standard_error
from bayesneuron.numerics.checks import check_within
from bayesneuron.numerics.display import html, show

LEVEL = 0.9
HONEST = (0.80, 0.97)  # coverage of 90% bands; beyond, they are not 90% bands
WORDS = {
    "persistence": "persistence",
    "seasonal": "seasonal persistence",
    "autoregression": "the autoregression",
    "own_autoregression": "the autoregression by AICc",
    "ssa": "SSA",
    "auto_arima": "AutoARIMA",
    "auto_ets": "AutoETS",
}
TOLERATED = 1.05  # of the error of a plain reference
CHANCE = 0.05  # p values above it may be chance


@dataclass(frozen=True)
class Backtest:
    """Forecasts of a series from rolling origins, judged beside references.

    Attributes
    ----------
    forecasts : Dataset, dims (forecaster, origin, step[, channel])
        In the units of the series: ``mean``, ``sd``, ``quantiles`` (5, 25, 50, 75 and 95%) and
        ``crps``; ``log_score`` in nats; ``observed`` and ``mase_scale``, the mean absolute error
        of (seasonal) persistence one step ahead within the first training part; ``diverged``, the
        share of paths left out. The coordinate ``origin`` is the place of the first sample
        forecast; ``recording`` and ``time`` where the series has them.
    fits : int
        How often the network was fitted in the backtest; 0 for draws that were given.
    period : int or None
        Of seasonal persistence.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> series = bn.datasets.noisy_sine(length=120, period=20)
    >>> x, y = bn.windows(series[:90], history=4)
    >>> model = bn.load("two_layer", inputs=4, hidden=1, outputs=1)
    >>> tested = bn.backtest(bn.laplace(model, x, y, samples=50), series, horizon=5, origins=5)
    >>> tested.forecasts.sizes["origin"]
    5
    """

    forecasts: xr.Dataset
    fits: int
    period: int | None

    @property
    @np.errstate(over="ignore", invalid="ignore")
    def by_step(self) -> xr.Dataset:
        """Errors and scores by forecaster and step, means over origins and channels.

        Variables as the columns of `table`, without those that compare.
        """
        data, known = self.forecasts, self.forecasts["observed"]
        over = ["origin", *(["channel"] if "channel" in data.dims else [])]
        off = data["mean"] - known
        q = {level: data["quantiles"].sel(quantile=level) for level in (0.05, 0.25, 0.75, 0.95)}
        held = {50: (q[0.25], q[0.75]), 90: (q[0.05], q[0.95])}
        columns = {
            "rmse": (off**2).mean(over, skipna=False) ** 0.5,
            "mae": abs(off).mean(over, skipna=False),
            "mase": (abs(off) / data["mase_scale"]).mean(over, skipna=False),
            "crps": data["crps"].mean(over, skipna=False),
            "log_score": data["log_score"].mean(over, skipna=False),
            **{
                # without a band at any origin there is no coverage, as in short recordings of SSA
                f"coverage_{level}": ((low <= known) & (known <= high))
                .mean(over)
                .where((low + high).notnull().any(over))
                for level, (low, high) in held.items()
            },
            "width_90": (q[0.95] - q[0.05]).mean(over, skipna=False),
        }
        order = ("forecaster", "step")
        dropped = {k: v.reset_coords(drop=True).transpose(*order) for k, v in columns.items()}
        return xr.Dataset(dropped, attrs=data.attrs)

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")  # of references that run away
    def table(self, step: int | None = None) -> pd.DataFrame:
        """One row per forecaster.

        Parameters
        ----------
        step : int, optional
            That step ahead alone; by default all steps together.

        Returns
        -------
        DataFrame
            ``rmse``, its standard error ``rmse_se``, ``mae``, ``mase``, ``skill`` (the share of
            persistence's RMSE that is saved), ``crps``, ``log_score``, ``coverage_50``,
            ``coverage_90`` and ``width_90``; ``dm`` and ``dm_p``, the Diebold-Mariano statistic of
            the squared errors against those of the network, positive where the network is better,
            and its two-sided p. Standard errors allow for origins whose forecasts overlap.

        Raises
        ------
        ValueError
            If there is no such step.
        """
        horizon = self.forecasts.sizes["step"]
        if step is not None:
            check_within("step", step, 1, horizon)
        chosen = self.by_step if step is None else self.by_step.sel(step=[step])
        rows = chosen.drop_vars("rmse").mean("step", skipna=False).to_dataframe()
        losses = self._losses(step)
        reach, places = step or horizon, self._places(horizon)
        rmse = np.sqrt(losses.mean(axis=1))
        spread = np.array([standard_error(row, places, reach) for row in losses])
        rows.insert(0, "rmse", rmse)
        rows.insert(1, "rmse_se", np.where(rmse > 0, spread / (2 * rmse), 0.0))
        last = float(rows.loc["persistence", "rmse"])  # pyright: ignore[reportArgumentType]
        rows.insert(4, "skill", 1 - rmse / last if last > 0 else np.nan)
        tests = [self._test(name, losses, places, reach) for name in rows.index]
        return rows.assign(dm=[t.statistic for t in tests], dm_p=[t.p for t in tests])

    @property
    def verdict(self) -> str:
        """In one line: what the network is worse than, with p values, and if its bands fail.

        A reference that is ahead with p above 5% is named apart: that may be chance.
        Bands of 90% fail where they hold under 80% or over 97%, by more than chance.
        """
        errors, units = self.table(), self.forecasts.attrs.get("units", "")
        own, others = errors.loc[NETWORK], errors.drop(index=NETWORK)
        behind = [name for name in others.index if not own["rmse"] <= others["rmse"][name]]
        p_of = dict(zip(others.index, others["dm_p"].to_numpy(float), strict=True))
        words = {
            name: WORDS[name] + (f" (p = {p_of[name]:.2g})" if np.isfinite(p_of[name]) else "")
            for name in behind
        }
        chance = [words[name] for name in behind if p_of[name] > CHANCE]
        worse = [words[name] for name in behind if not p_of[name] > CHANCE]
        said = ["worse than " + _and(worse)] if worse else []
        said += [f"behind {_and(chance)}, not settled by these origins"] if chance else []
        best = str(others["rmse"].idxmin())
        least = np.min(others["rmse"].to_numpy(float))
        of_best = f" of {WORDS[best]}, the best" if behind != [best] else ""
        text = f"{'; '.join(said) or 'no worse than any reference'}: RMSE "
        text += f"{own['rmse']:.4g} against {least:.4g}{' ' + units if units else ''}{of_best}"
        if self._dishonest():
            text += f"; bands of 90% hold {own['coverage_90']:.0%}"
        lost = float(self.forecasts["diverged"].sel(forecaster=NETWORK)[:, -1].mean())
        return text + (f"; {lost:.1%} of the paths diverged" if lost else "")

    @property
    def worse(self) -> bool:
        """Whether its error is over 5% above that of persistence or of the autoregression."""
        rmse = self.table()["rmse"]
        plain = rmse.reindex(["persistence", "autoregression"])
        return bool((rmse[NETWORK] > TOLERATED * plain).any()) or not np.isfinite(rmse[NETWORK])

    def against(self, other: "Backtest", *, step: int | None = None) -> Test:
        """Test whether this network or that of another backtest has the smaller squared error.

        By Diebold and Mariano (1995), as in `table`: for the same series, with and without an
        exogenous one, say.

        Parameters
        ----------
        other : Backtest
            Of the same series, from the same origins.
        step : int, optional
            That step ahead alone; by default all steps together.

        Returns
        -------
        Test
            ``mean`` of the other's loss less this one's, positive where this network is better,
            with ``se``, ``statistic`` and two-sided ``p``.

        Raises
        ------
        ValueError
            If there is no such step, or what was forecast is not the same.
        """
        horizon = self.forecasts.sizes["step"]
        if step is not None:
            check_within("step", step, 1, horizon)
        ours, theirs = self.forecasts["observed"], other.forecasts["observed"]
        if ours.shape != theirs.shape or not np.array_equal(ours.values, theirs.values):
            raise ValueError(
                f"other: expected a backtest of the same {ours.sizes['origin']} origins and "
                f"{horizon} steps, got {theirs.sizes['origin']} and {theirs.sizes['step']}, or "
                "other observations"
            )
        own, others = (
            tested._losses(step)[list(tested.forecasts["forecaster"].values).index(NETWORK)]
            for tested in (self, other)
        )
        return diebold_mariano(others - own, self._places(horizon), step or horizon)

    def __repr__(self) -> str:
        return show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return html(self._head(), self.table())

    def _head(self) -> str:
        sizes = self.forecasts.sizes
        fits = f", {self.fits} fit{'s' * (self.fits > 1)}" if self.fits else ""
        season = f", season of {self.period}" if self.period else ""
        return (
            f"Backtest, {sizes['step']} step{'s' * (sizes['step'] > 1)} from {sizes['origin']} "
            f"origins{fits}{season}: {self.verdict}"
        )

    def _dishonest(self) -> bool:
        """Whether the network's 90% bands are none, by more than chance."""
        own = self.forecasts.sel(forecaster=NETWORK)
        q, known = own["quantiles"], own["observed"]
        held = (q.sel(quantile=0.05) <= known) & (known <= q.sel(quantile=0.95))
        share = held.transpose("origin", ...).values.reshape(held.sizes["origin"], -1).mean(axis=1)
        horizon = own.sizes["step"]
        se = standard_error(share, self._places(horizon), horizon)
        low, high = HONEST
        chance = 2 * se if np.isfinite(se) else 0.0
        return bool(not low <= share.mean() <= high and abs(share.mean() - LEVEL) > chance)

    def _losses(self, step: int | None) -> np.ndarray:
        """Squared errors by forecaster and origin, means over steps and channels."""
        off = (self.forecasts["mean"] - self.forecasts["observed"]) ** 2
        off = off if step is None else off.sel(step=[step])
        off = off.transpose("forecaster", "origin", ...)
        return off.values.reshape(*off.shape[:2], -1).mean(axis=2)

    def _places(self, horizon: int) -> np.ndarray:
        """Of the origins, those in different recordings far apart."""
        own = self.forecasts["recording_number"].values
        return self.forecasts["origin"].values + horizon * own

    def _test(self, name: str, losses: np.ndarray, places: np.ndarray, reach: int) -> Test:
        if name == NETWORK:
            return Test(*[float("nan")] * 4)
        names = list(self.forecasts["forecaster"].values)
        difference = losses[names.index(name)] - losses[names.index(NETWORK)]
        return diebold_mariano(difference, places, reach)


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
