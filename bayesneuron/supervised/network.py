"""What the regressor and the classifier share: inputs, the network, its draws, its neurons."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from sklearn.base import BaseEstimator
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from bayesneuron.draws._predict import predict
from bayesneuron.geometry import neurons
from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.inference.by_name import METHODS
from bayesneuron.network.model import load
from bayesneuron.numerics.checks import check_choice, check_flag


class NeuronNetwork(BaseEstimator):
    """The network ``mlp`` on inputs of mean zero and standard deviation one."""

    def __init__(
        self,
        hidden: int | tuple[int, ...] = (16,),
        *,
        activation: str = "tanh",
        prior: str | None = None,
        skip: bool = False,
        method: str = "laplace",
        options: Mapping[str, Any] | None = None,
        standardize: bool = True,
        random_state: Any = 0,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.prior = prior
        self.skip = skip
        self.method = method
        self.options = options
        self.standardize = standardize
        self.random_state = random_state

    @property
    def neurons_(self) -> dict[str, NeuronPosterior]:
        """The posterior of every neuron, layer by layer, as `bayesneuron.neurons` has it."""
        check_is_fitted(self)
        if self._neurons is None:
            self._neurons = neurons(self.draws_)
        return self._neurons

    def _check(self) -> None:
        check_choice("method", self.method, METHODS)
        check_flag(standardize=self.standardize)

    def _estimate(self, x: np.ndarray, y: np.ndarray, *, outputs: int, likelihood: str) -> None:
        """Fit to inputs in their units and to targets as the likelihood has them."""
        self._scaler = StandardScaler().fit(x) if self.standardize else None
        model = load(
            "mlp", inputs=x.shape[1], hidden=_widths(self.hidden), outputs=outputs,
            activation=self.activation, prior=self.prior, skip=self.skip, likelihood=likelihood,
        )  # fmt: skip
        self.draws_: xr.DataTree = METHODS[self.method](
            model, self._inputs(x), y, seed=seed_of(self.random_state), **(self.options or {})
        )
        self._neurons: dict[str, NeuronPosterior] | None = None

    def inputs_of(self, X: Any) -> Any:  # noqa: N803
        """Inputs as the network reads them, for functions that take `draws_`.

        Parameters
        ----------
        X : array_like, shape (row, input)
            In the units of `fit`.

        Returns
        -------
        ndarray or DataFrame
            Standardised as the training rows were.
        """
        check_is_fitted(self)
        return self._inputs(validate_data(self, X, reset=False, dtype=np.float64))

    def _inputs(self, x: Any) -> Any:
        """Standardised, under the names of the columns where they have any."""
        scaled = x if self._scaler is None else self._scaler.transform(x)
        names = getattr(self, "feature_names_in_", None)
        return scaled if names is None else pd.DataFrame(scaled, columns=names)

    def _predicted(self, X: Any, name: str, *, seed: int = 0) -> np.ndarray:  # noqa: N803
        """``mean`` or ``y`` of every draw at X, shape (draw, row, output)."""
        x = self.inputs_of(X)
        predictions = predict(self.draws_, x, seed=seed)["predictions"]
        values = predictions[name].to_numpy()
        return values.reshape(-1, *values.shape[2:])


def seed_of(random_state: Any) -> int:
    """The whole number that a ``random_state`` of scikit-learn stands for.

    Examples
    --------
    >>> seed_of(3), seed_of(np.random.RandomState(3)) == seed_of(np.random.RandomState(3))
    (3, True)
    """
    if isinstance(random_state, int | np.integer) and not isinstance(random_state, bool):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31))


def _widths(hidden: Any) -> tuple[int, ...]:
    """One width or several, as a tuple."""
    return (int(hidden),) if isinstance(hidden, int | np.integer) else tuple(hidden)
