"""A neural autoencoder of the inputs, trained as the library's bootstrap trains."""

from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd

from bayesneuron.inference import Adam, bootstrap
from bayesneuron.network.activation_functions import activation as function_of
from bayesneuron.network.model import load
from bayesneuron.numerics import display
from bayesneuron.numerics.checks import (
    check_positive,
    check_positive_real,
    check_seed,
)
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.inputs.check import as_matrix, check_size

NOISE = 0.1  # sd of standardised inputs around their reconstruction; sets the weight decay


@dataclass(frozen=True, eq=False)
class Autoencoder:
    """An encoder to `dims` features and a decoder back.

    Attributes
    ----------
    center, scale : ndarray, shape (input,)
        Inputs are standardised first.
    weights, biases : tuple of ndarray
        By layer, (receiving, sending) and (receiving,).
    activation : str
        Of all layers but the last, which is linear.
    code : int
        Number of layers of the encoder, the features being its output.
    loss : float
        Mean squared error of the reconstruction of the standardised training inputs.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x = np.outer(np.linspace(-1, 1, 30), [1.0, -2.0])
    >>> bn.inputs.autoencoder(x, 1, starts=2).transform(x).shape
    (30, 1)
    """

    center: np.ndarray
    scale: np.ndarray
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    activation: str
    code: int
    loss: float

    def transform(self, x: Any) -> np.ndarray:
        """Features of inputs, (observation, dims)."""
        values = as_matrix("x", x, len(self.center))
        return self._run((values - self.center) / self.scale, 0, self.code)

    def inverse(self, z: Any) -> np.ndarray:
        """Decode features, (observation, input)."""
        features = as_matrix("z", z, len(self.biases[self.code - 1]))
        return self._run(features, self.code, len(self.weights)) * self.scale + self.center

    def table(self) -> pd.DataFrame:
        """One row per layer: its part, its units, and its parameters."""
        layers, after = len(self.weights), len(self.weights) - self.code
        return pd.DataFrame(
            {
                "part": ["encoder"] * self.code + ["decoder"] * after,
                "units": [len(b) for b in self.biases],
                "parameters": [w.size + len(w) for w in self.weights],
                "activation": [self.activation] * (layers - 1) + ["identity"],
            },
            index=pd.RangeIndex(1, layers + 1, name="layer"),
        )

    def _head(self) -> str:
        inputs, features = len(self.center), len(self.biases[self.code - 1])
        return (
            f"Autoencoder: {inputs} inputs to {features} features; mean squared error "
            f"{self.loss:.4g} of standardised inputs"
        )

    def __repr__(self) -> str:
        return display.show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return display.html(self._head(), self.table())

    @double
    def _run(self, h: np.ndarray, first: int, last: int) -> np.ndarray:
        function = function_of(self.activation)
        for layer in range(first, last):
            h = h @ self.weights[layer].T + self.biases[layer]
            if layer < len(self.weights) - 1:
                h = np.asarray(function(jnp.asarray(h)))
        return h


def autoencoder(
    x: Any,
    dims: int,
    *,
    seed: int = 0,
    width: int | None = None,
    activation: str = "tanh",
    starts: int = 4,
    epochs: int = 500,
    learning_rate: float = 1e-2,
) -> Autoencoder:
    """Reduce inputs to `dims` features from which a network reconstructs them.

    The shipped ``mlp`` with hidden layers (dims) or (width, dims, width) is trained by Adam to
    reconstruct its inputs, on all rows, from several prior draws, the best of which is kept. Its
    prior acts as weight decay.

    Parameters
    ----------
    x : array_like, shape (observation, input)
    dims : int
        Number of features.
    seed : int
        Of the starts.
    width : int, optional
        Units of a layer on either side of the features, which lets them be nonlinear in the
        inputs beyond the activation; by default there is none.
    activation : str
        See `bayesneuron.network.activation_functions`; with ``identity`` it finds the space of
        the principal components.
    starts, epochs : int
    learning_rate : float
        Of Adam.

    Returns
    -------
    Autoencoder

    Raises
    ------
    ValueError
        If x is not a finite table, dims is not between 1 and its width, or an option is not valid.

    References
    ----------
    Kramer, "Nonlinear principal component analysis using autoassociative neural networks",
    AIChE Journal 1991; Baldi and Hornik, "Neural networks and principal component analysis",
    1989.

    Examples
    --------
    >>> x = np.outer(np.linspace(-1, 1, 30), [1.0, -2.0])
    >>> code = autoencoder(x, 1, starts=2)
    >>> code.transform(x).shape, code.inverse(code.transform(x)).shape
    ((30, 1), (30, 2))
    """
    values = as_matrix("x", x)
    inputs = values.shape[1]
    check_size(dims, inputs)
    check_positive(starts=starts, epochs=epochs)
    check_seed(seed)
    check_positive_real(learning_rate=learning_rate)
    hidden = (int(dims),)
    if width is not None:
        check_positive(width=width)
        hidden = (int(width), int(dims), int(width))
    center, spread = values.mean(axis=0), values.std(axis=0)
    scale = np.where(spread > 1e-12 * np.maximum(1.0, np.abs(center)), spread, 1.0)
    z = (values - center) / scale
    model = load(
        "mlp", inputs=inputs, hidden=hidden, outputs=inputs, activation=activation, noise=NOISE
    )
    draws = bootstrap(
        model, z, z, replicates=starts, scheme="subsample", fraction=1.0,
        optimizer=Adam(epochs=epochs, learning_rate=learning_rate), seed=seed,
    )  # fmt: skip
    stats, posterior = draws["sample_stats"].dataset, draws["posterior"].dataset
    best = int(stats["loss"].values[0].argmin())
    names = [f"hidden{i + 1}" for i in range(len(hidden))] + ["output"]
    weights, biases = (
        tuple(posterior[f"{name}_{kind}"].values[0, best] for name in names)
        for kind in ("weight", "bias")
    )
    code = 1 if width is None else 2
    trained = Autoencoder(center, scale, weights, biases, activation, code, np.nan)
    error = (trained.inverse(trained.transform(values)) - values) / scale
    return replace(trained, loss=float((error**2).mean()))
