"""What draws of a network say about new inputs."""

from typing import Any

import arviz as az
import xarray as xr

from bayesneuron.draws.evaluate import evaluate, latent_sites
from bayesneuron.draws.provenance import model_of, provenance_of, with_provenance
from bayesneuron.network.arrays import as_arrays, as_inputs
from bayesneuron.network.model import Model
from bayesneuron.numerics.precision import double


@double
def predict(
    draws: xr.DataTree, x: Any, y: Any = None, *, model: Model | None = None, seed: int = 0
) -> xr.DataTree:
    """Evaluate the network at new inputs for every draw.

    Parameters
    ----------
    draws : DataTree
        From an estimator, aligned or not.
    x : array_like, shape (observation, input)
        In the units of the training inputs: standardised if those were.
    y : array_like, optional
        What was observed there, to have its log likelihood as well.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    seed : int
        Of the predicted observations.

    Returns
    -------
    DataTree
        Group ``predictions``, dims (chain, draw, observation, output): ``mean``, the network's
        output, and ``y``, a new observation with its noise. With `y` also groups
        ``log_likelihood`` and ``observed_data``. The root attributes are those of `draws`.

    Raises
    ------
    ValueError
        If the model cannot be made again from the draws and is not given, x does not fit, or
        a site of the model is missing (weights without a noise scale).

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=20, starts=2)
    >>> bn.predict(draws, x[:5]).predictions["mean"].shape
    (1, 20, 5, 1)
    """
    model = model or model_of(draws)
    inputs, targets = (as_inputs(model, x), None) if y is None else as_arrays(model, x, y)
    shape = tuple(draws["posterior"].sizes[d] for d in ("chain", "draw"))
    told = evaluate(model, latent_sites(draws, model, inputs), inputs, targets, seed=seed)
    found = {k: v.reshape(*shape, *v.shape[1:]) for k, v in told.items()}
    dims = ["observation", "output"]
    groups: dict[str, Any] = {"predictions": {k: found[k] for k in ("mean", "y")}}
    tree = az.from_dict(groups, dims={"mean": dims, "y": dims[: found["y"].ndim - 2]})
    if targets is not None:
        scored = az.from_dict(
            {"log_likelihood": {"y": found["log_likelihood"]}}, dims={"y": dims[:1]}
        )
        seen = az.from_dict({"observed_data": {"y": targets}}, dims={"y": dims[: targets.ndim]})
        tree["log_likelihood"] = scored["log_likelihood"]
        tree["observed_data"] = seen["observed_data"]
    return with_provenance(tree, provenance_of(draws))
