"""How targets scatter around what a loaded network puts out."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bayesneuron.draws.evaluate import evaluate
from bayesneuron.network.activation_functions import ACTIVATIONS
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.model import Model, with_options
from bayesneuron.numerics.checks import check_choice

OUTPUTS = ("exp", "softmax", *sorted(ACTIVATIONS))
_LINKS = {"softmax": "categorical", "exp": "poisson"}


def likelihood_options(output: str, noise: float | None, data: Any) -> dict[str, Any]:
    """Options of the model: a likelihood for probabilities and rates, else squared error.

    A logistic output is the probability of 1, unless there is a noise scale or targets other than
    0 and 1.
    """
    check_choice("output", output, OUTPUTS)
    likelihood = _LINKS.get(output)
    if output == "sigmoid" and noise is None and (data is None or _binary(data[1])):
        likelihood = "bernoulli"
    if likelihood is not None:
        if noise is not None:
            raise ValueError(f"noise: expected none with output={output!r}, got {noise!r}")
        return {"likelihood": likelihood}
    options = {} if output == "identity" else {"output": output}
    return options if noise is None else {**options, "noise": float(noise)}


def noise_of_residuals(model: Model, sites: Mapping[str, np.ndarray], x: Any, y: Any) -> float:
    """Root mean square of the residuals of all members, rows and outputs.

    Raises
    ------
    ValueError
        If the data do not fit the model, or there are no residuals.
    """
    known = with_options(model, noise=1.0)
    inputs, targets = as_arrays(known, x, y)
    means = evaluate(known, sites, inputs, keep=("mean",))["mean"]
    noise = float(np.sqrt(np.mean((means - targets) ** 2)))
    if not noise > 1e-12 * max(1.0, float(np.abs(targets).max())):
        raise ValueError(
            "data: expected targets with residuals, got the network's own outputs: say noise="
        )
    return noise


def _binary(y: Any) -> bool:
    return bool(np.isin(np.asarray(y), (0, 1)).all())
