"""A forecaster of sktime: a network on windows of the series, continued draw by draw.

Needs ``pip install bayesneuron[sktime]``.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import xarray as xr
from sktime.datatypes import update_data  # pyright: ignore[reportMissingImports]
from sktime.forecasting.base import BaseForecaster  # pyright: ignore[reportMissingImports]

from bayesneuron.data import windows
from bayesneuron.forecasting._forecast import forecast
from bayesneuron.forecasting._to_pandas import kept_paths
from bayesneuron.forecasting.spread import quantiles_of
from bayesneuron.inference.by_name import METHODS
from bayesneuron.network.model import load
from bayesneuron.numerics.checks import check_choice


class NeuronForecaster(BaseForecaster):
    """Forecast with the posterior of a small network, as sktime's forecasters do.

    `fit` cuts the series into windows and draws weights; `predict` continues the series with every
    draw, noise included, and takes means, quantiles and variances over all paths. Several variables
    are forecast together. What is known of the future (X) is not used.

    Parameters
    ----------
    hidden : int
        Hidden neurons.
    history, horizon : int
        Samples that the network reads, and predicts at once.
    network : str
        A shipped network of one hidden layer (`bayesneuron.available_models`).
    network_options : mapping, optional
        For `bayesneuron.load`, such as ``{"activation": "relu"}``.
    method : {"laplace", "nuts", "svi", "bootstrap", "ensemble"}
        The estimator.
    options : mapping, optional
        For it, such as ``{"samples": 200}``.
    standardize, transform, difference, local
        As in `bayesneuron.windows`. Forecasts are in the units of the series.
    paths : int, optional
        Noisy continuations of each draw, as in `bayesneuron.forecast`.
    seed : int
        Of the estimator and of the noise. The same seed, the same forecasts.

    Attributes
    ----------
    draws_ : DataTree
        Of the weights: `bayesneuron.neurons`, `bayesneuron.diagnose` and the others read it.

    Raises
    ------
    ValueError
        In `fit`, as `bayesneuron.windows` and the estimator; in `predict`, as
        `bayesneuron.forecast`.

    Examples
    --------
    >>> import pandas as pd
    >>> import bayesneuron as bn
    >>> from bayesneuron.forecasting.sktime import NeuronForecaster
    >>> index = pd.period_range("2015-01", periods=60, freq="M")
    >>> y = pd.Series(bn.datasets.noisy_sine(length=60).values, index)
    >>> forecaster = NeuronForecaster(hidden=2, history=4, options={"samples": 50, "starts": 2})
    >>> forecaster.fit(y).predict(fh=[1, 2, 3]).index.astype(str).tolist()
    ['2020-01', '2020-02', '2020-03']
    >>> forecaster.predict_interval(fh=[1], coverage=0.9).shape
    (1, 2)
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": "bayesneuron developers",
        "maintainers": "bayesneuron developers",
        "python_dependencies": "bayesneuron",
        "capability:multivariate": True,
        "capability:exogenous": False,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:missing_values": False,
        "capability:update": True,
        "requires-fh-in-fit": False,
        "y_inner_mtype": "pd.DataFrame",
    }

    def __init__(
        self,
        hidden: int = 4,
        history: int = 12,
        horizon: int = 1,
        network: str = "two_layer",
        network_options: Mapping[str, Any] | None = None,
        method: str = "laplace",
        options: Mapping[str, Any] | None = None,
        standardize: bool | str = True,
        transform: str | None = None,
        difference: int = 0,
        local: str | None = None,
        paths: int | None = None,
        seed: int = 0,
    ) -> None:
        self.hidden = hidden
        self.history = history
        self.horizon = horizon
        self.network = network
        self.network_options = network_options
        self.method = method
        self.options = options
        self.standardize = standardize
        self.transform = transform
        self.difference = difference
        self.local = local
        self.paths = paths
        self.seed = seed
        super().__init__()

    def _fit(self, y: pd.DataFrame, X: Any = None, fh: Any = None) -> "NeuronForecaster":  # noqa: N803
        check_choice("method", self.method, METHODS)
        self._known = y
        rows, targets = windows(
            y, self.history, self.horizon, standardize=self.standardize, transform=self.transform,
            difference=self.difference, local=self.local,
        )  # fmt: skip
        sizes = {"inputs": rows.shape[1], "hidden": self.hidden, "outputs": targets.shape[1]}
        model = load(self.network, **sizes, **(self.network_options or {}))
        estimate = METHODS[self.method]
        self.draws_ = estimate(model, rows, targets, seed=self.seed, **(self.options or {}))
        return self

    def _update(
        self,
        y: pd.DataFrame,
        X: Any = None,  # noqa: N803
        update_params: bool = True,
    ) -> "NeuronForecaster":
        known = update_data(self._known, y)
        if update_params:
            return self._fit(known)
        self._known = known
        return self

    def _predict(self, fh: Any, X: Any = None) -> pd.DataFrame:  # noqa: N803
        return self._of_paths(fh, lambda paths: np.nanmean(paths, axis=0))

    def _predict_var(self, fh: Any, X: Any = None, cov: bool = False) -> pd.DataFrame:  # noqa: N803
        return self._of_paths(fh, lambda paths: np.nanvar(paths, axis=0, ddof=1))

    def _predict_quantiles(self, fh: Any, X: Any, alpha: list[float]) -> pd.DataFrame:  # noqa: N803
        ahead, at = self._ahead(fh)
        values = quantiles_of(kept_paths(ahead)[:, at], alpha)  # (alpha, step, variable)
        names = pd.MultiIndex.from_product([self._get_varnames(), alpha])
        flat = np.moveaxis(values, 0, -1).reshape(len(at), -1)
        return pd.DataFrame(flat, fh.to_absolute_index(self.cutoff), names)

    def _of_paths(self, fh: Any, statistic: Any) -> pd.DataFrame:
        ahead, at = self._ahead(fh)
        index = fh.to_absolute_index(self.cutoff)
        return pd.DataFrame(statistic(kept_paths(ahead)[:, at]), index, self._get_varnames())

    def _ahead(self, fh: Any) -> tuple[xr.DataTree, np.ndarray]:
        """The forecast from the cutoff, and the places of the horizon in it."""
        steps = np.asarray(fh.to_relative(self.cutoff).to_pandas(), int)
        ahead = forecast(
            self.draws_, self._known, int(steps.max()), paths=self.paths, seed=self.seed
        )
        return ahead, steps - 1

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Small networks for the checks of sktime."""
        few = {"hidden": 1, "options": {"samples": 25, "starts": 1}, "paths": 4}
        return [
            {**few, "history": 3},
            {**few, "history": 2, "horizon": 2, "method": "svi",
             "options": {"samples": 25, "steps": 50, "starts": 1}},
        ]  # fmt: skip
