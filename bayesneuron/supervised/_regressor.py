"""Regression by a network and its posterior, under scikit-learn's interface."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import validate_data

from bayesneuron.numerics.checks import check_choice, check_positive, check_probability
from bayesneuron.supervised.network import NeuronNetwork, seed_of

LIKELIHOODS = ("gaussian", "heteroscedastic", "student_t", "poisson")  # of numbers


class NeuronRegressor(RegressorMixin, NeuronNetwork):
    """Regression by a multilayer perceptron whose neurons have a posterior.

    Parameters
    ----------
    hidden : int or tuple of int
        Widths of the hidden layers.
    activation, prior, skip
        Of the network ``mlp``, see `bayesneuron.load`.
    likelihood : {"gaussian", "heteroscedastic", "student_t", "poisson"}
        Of the targets. Counts keep their units; other targets are standardised as the inputs.
    method : {"laplace", "nuts", "svi", "bootstrap", "ensemble"}
        The estimator.
    options : mapping, optional
        For it, such as ``{"samples": 200}``.
    standardize : bool
        Whether inputs and targets are scaled to mean zero and standard deviation one before the
        network sees them. Predictions are in the units of y either way.
    random_state : int, RandomState or None
        An int is the ``seed`` of the estimator: the same seed, the same draws.

    Attributes
    ----------
    draws_ : DataTree
        Of the weights, which the other functions read: `bayesneuron.diagnose` says whether they
        are to be believed.
    neurons_ : dict of str to NeuronPosterior
        By layer.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where X has names. They also name the weights of the neurons.

    Raises
    ------
    ValueError
        In `fit`, as scikit-learn's regressors, `bayesneuron.load` and the estimator.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> network = bn.NeuronRegressor(hidden=2, options={"samples": 100, "starts": 2})
    >>> mean, sd = network.fit(X[:300], y[:300]).predict(X[300:], return_std=True)
    >>> mean.shape, sd.shape
    ((142,), (142,))
    >>> network.neurons_["hidden1"].weights[:3]
    ('age', 'sex', 'bmi')
    """

    def __init__(
        self,
        hidden: int | tuple[int, ...] = (16,),
        *,
        activation: str = "tanh",
        prior: str | None = None,
        skip: bool = False,
        likelihood: str = "gaussian",
        method: str = "laplace",
        options: Mapping[str, Any] | None = None,
        standardize: bool = True,
        random_state: Any = 0,
    ) -> None:
        super().__init__(
            hidden, activation=activation, prior=prior, skip=skip, method=method, options=options,
            standardize=standardize, random_state=random_state,
        )  # fmt: skip
        self.likelihood = likelihood

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Draw the weights given rows X (row, input) and targets y (row,) or (row, output)."""
        self._check()
        check_choice("likelihood", self.likelihood, LIKELIHOODS)
        data: Any = validate_data(
            self, X, y, dtype=np.float64, y_numeric=True, multi_output=True, ensure_min_samples=2
        )
        x, targets = data[0], np.asarray(data[1], np.float64)
        self._one = targets.ndim == 1
        targets = targets.reshape(len(targets), -1)
        constant = np.flatnonzero(np.ptp(targets, axis=0) == 0)
        if len(constant):
            raise ValueError(
                f"y: expected values that vary, got {targets[0, constant[0]]:g} in every row"
                + ("" if self._one else f" of column {constant[0]}")
            )
        counts = self.likelihood == "poisson"
        self._targets = StandardScaler() if self.standardize and not counts else None
        if self._targets is not None:
            targets = self._targets.fit_transform(targets)
        self._estimate(x, targets, outputs=targets.shape[1], likelihood=self.likelihood)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: Any, return_std: bool = False) -> Any:  # noqa: N803
        """The mean of y at X and, with `return_std`, the standard deviation of a new y.

        The standard deviation has both parts, the uncertainty of the weights and the noise.

        Parameters
        ----------
        X : array_like, shape (row, input)
        return_std : bool

        Returns
        -------
        mean : ndarray, shape (row,) or (row, output)
        sd : ndarray of the same shape
            With `return_std`.
        """
        mean = self._in_units(self._predicted(X, "mean")).mean(axis=0)
        return (mean, self._drawn(X).std(axis=0)) if return_std else mean

    def predict_interval(self, X: Any, coverage: float = 0.9) -> np.ndarray:  # noqa: N803
        """The central interval of a new y at X.

        Parameters
        ----------
        X : array_like, shape (row, input)
        coverage : float
            Probability that the interval holds.

        Returns
        -------
        ndarray, shape (2, row) or (2, row, output)
            The lower ends, then the upper ends.

        Raises
        ------
        ValueError
            If `coverage` is no probability.
        """
        check_probability(coverage=coverage)
        tail = (1 - coverage) / 2
        return np.quantile(self._drawn(X), [tail, 1 - tail], axis=0)

    def sample_y(self, X: Any, n_samples: int = 1, random_state: Any = 0) -> np.ndarray:  # noqa: N803
        """New observations at X, each of another draw of the weights.

        Parameters
        ----------
        X : array_like, shape (row, input)
        n_samples : int
        random_state : int, RandomState or None

        Returns
        -------
        ndarray, shape (row, n_samples) or (row, output, n_samples)
            As of scikit-learn's ``GaussianProcessRegressor``.
        """
        check_positive(n_samples=n_samples)
        seed = seed_of(random_state)
        drawn = self._drawn(X, seed=seed)
        chosen = np.random.default_rng(seed).choice(
            len(drawn), n_samples, replace=n_samples > len(drawn)
        )
        return np.moveaxis(drawn[chosen], 0, -1)

    def _drawn(self, X: Any, *, seed: int = 0) -> np.ndarray:  # noqa: N803
        """A new observation by every draw, in the units of y."""
        return self._in_units(self._predicted(X, "y", seed=seed))

    def _in_units(self, values: np.ndarray) -> np.ndarray:
        """Of y, without the axis of outputs where y had none."""
        if self._targets is not None:
            flat = values.reshape(-1, values.shape[-1])
            values = self._targets.inverse_transform(flat).reshape(values.shape)
        return values[..., 0] if self._one else values
