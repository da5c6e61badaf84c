"""Set estimates of one network side by side: neurons, convergence, predictions."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.alignment import align, align_together
from bayesneuron.data.scaling import scaling_of
from bayesneuron.draws._predict import predict
from bayesneuron.draws.convergence import convergence, convergence_of_function
from bayesneuron.draws.loo import psis_loo
from bayesneuron.geometry import distances
from bayesneuron.geometry.posterior import NeuronPosterior, neurons
from bayesneuron.network.model import Model

MOST = 1000  # draws whose held-out predictions are made


@dataclass(frozen=True)
class Comparison:
    """Estimates side by side.

    Attributes
    ----------
    methods : DataFrame
        One row an estimate. ``rhat_raw``, ``rhat``, ``rhat_function`` and the same for ``ess``:
        worst over weights as drawn, over weights aligned to their own reference, over
        predictions. ``elpd_loo``,
        ``elpd_se``, ``bad_k``: PSIS-LOO, its standard error, the observations whose Pareto k
        makes it unreliable. ``rmse`` (original units; ``error_rate`` for classes), ``coverage``
        of 90% predictive intervals and ``lpd`` (mean log density) on held-out data, with prefix
        ``train_`` on the data trained on. ``null_ratio``, ``ambiguous``: means over the hidden
        neurons. ``seconds``.
    pairs : DataFrame
        Tidy, one row a neuron and pair of estimates: ``shift`` of means (Mahalanobis),
        ``wasserstein``, ``log_volume_ratio``, ``affine_invariant``, ``overlap`` of regions.
    aligned : mapping of str to DataTree
    posteriors : mapping of str to (layer to NeuronPosterior)
    """

    methods: pd.DataFrame
    pairs: pd.DataFrame
    aligned: Mapping[str, xr.DataTree]
    posteriors: Mapping[str, Mapping[str, NeuronPosterior]]

    def __repr__(self) -> str:
        methods = self.methods.T.map(_short)
        parts = ["Estimates", methods.to_string()]
        if len(self.pairs):
            keys = ["layer", "first", "second"]
            means: Any = self.pairs.drop(columns="neuron").groupby(keys, sort=False).mean()
            parts += ["", "Pairs of estimates, means over the neurons of a layer"]
            parts += [means.reset_index().map(_short).to_string(index=False)]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        pairs = self.pairs.round(3).to_html(index=False) if len(self.pairs) else ""
        return self.methods.T.map(_short).to_html() + pairs


def compare(
    estimates: Mapping[str, xr.DataTree],
    *,
    test: tuple[Any, Any] | None = None,
    reference: xr.DataTree | None = None,
    level: float = 0.9,
    model: Model | None = None,
) -> Comparison:
    """Align estimates to one reference and compare them, neuron by neuron.

    Parameters
    ----------
    estimates : mapping of str to DataTree
        By name, of one network.
    test : pair of array_like, optional
        Held-out x and y, in the units of the training data.
    reference : DataTree, optional
        Aligned draws to align to; by default the reference is found from all estimates pooled.
    level : float
        Of regions and predictive intervals.
    model : Model, optional
        Needed with `test` where the model is not a shipped one.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If there are no estimates or they are not of one network.

    Notes
    -----
    PSIS-LOO takes an estimate's draws for posterior draws. For the bootstrap, SVI and Laplace it
    scores the method's own predictions; ``lpd`` on held-out data needs no such reading.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> a, b = (bn.laplace(model, x, y, samples=100, starts=4, seed=s) for s in (0, 1))
    >>> table = bn.compare({"first": a, "second": b})
    >>> table.pairs[["layer", "neuron", "overlap"]].shape
    (3, 3)
    """
    if not 0 < level < 1:
        raise ValueError(f"level: expected a probability in (0, 1), got {level}")
    aligned = align_together(estimates, reference=reference)
    posteriors = {name: neurons(tree) for name, tree in aligned.items()}
    rows = {
        name: _method(estimates[name], posteriors[name], test, level, model) for name in estimates
    }
    pairs = [
        _pair(layer, first, second, posteriors[first][layer], posteriors[second][layer], level)
        for layer in next(iter(posteriors.values()))
        for first, second in itertools.combinations(estimates, 2)
    ]
    methods = pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")
    table = pd.concat(pairs, ignore_index=True) if pairs else pd.DataFrame()
    return Comparison(methods, table, aligned, posteriors)


def _method(
    raw: xr.DataTree,
    posterior: Mapping[str, NeuronPosterior],
    test: tuple[Any, Any] | None,
    level: float,
    model: Model | None,
) -> dict[str, float]:
    row: dict[str, float] = {
        "draws": raw["posterior"].sizes["chain"] * raw["posterior"].sizes["draw"]
    }
    for name, (rhat, ess) in {
        "_raw": convergence(raw),
        "": convergence(align(raw)),
        "_function": convergence_of_function(raw),
    }.items():
        row |= {f"rhat{name}": rhat, f"ess{name}": ess}
    hidden = [post for post in posterior.values() if np.isfinite(post.margin).any()]
    if hidden:
        row["null_ratio"] = float(np.mean(np.concatenate([p.null_ratio for p in hidden])))
        row["ambiguous"] = float(np.mean(np.concatenate([p.ambiguous for p in hidden])))
    if "log_likelihood" in raw.children:
        row |= _loo(raw)
    if "posterior_predictive" in raw.children:
        predictive, y = raw["posterior_predictive"], raw["observed_data"]["y"]
        found = _accuracy(raw, predictive, np.asarray(y), level)
        row |= {f"train_{k}": v for k, v in found.items()}
    if test is not None:
        thin = -(-int(row["draws"]) // MOST)
        few = raw.isel(draw=slice(None, None, thin))
        told = predict(few, *test, model=model)
        row |= _accuracy(raw, told["predictions"], np.asarray(told["observed_data"]["y"]), level)
        log_lik = np.asarray(told["log_likelihood"]["y"])
        flat = log_lik.reshape(-1, log_lik.shape[-1])
        row["lpd"] = float((np.logaddexp.reduce(flat, axis=0) - np.log(len(flat))).mean())
    for name in ("divergences", "pareto_k", "seconds"):
        if name in raw.attrs:
            row[name] = float(raw.attrs[name])
    if "failed" in raw.attrs:
        row["failed"] = float(np.size(raw.attrs["failed"]))
    return row


def _loo(draws: xr.DataTree) -> dict[str, float]:
    found = psis_loo(draws)
    if found is None:
        return {"elpd_loo": np.nan, "elpd_se": np.nan, "bad_k": np.nan}
    return {
        "elpd_loo": float(found.elpd),
        "elpd_se": float(found.se),
        "bad_k": float((np.asarray(found.pareto_k) > found.good_k).sum()),
    }


def _accuracy(draws: xr.DataTree, told: Any, y: np.ndarray, level: float) -> dict[str, float]:
    mean = np.asarray(told["mean"], float).mean(axis=(0, 1))
    if mean.shape != y.shape:  # class probabilities
        return {"error_rate": float((mean.argmax(axis=-1) != y).mean())}
    scale = scaling_of(draws)[1]
    samples = np.asarray(told["y"], float)
    low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2], axis=(0, 1))
    return {
        "rmse": float(np.sqrt(np.mean(((mean - y) * scale) ** 2))),
        "coverage": float(((low <= y) & (y <= high)).mean()),
    }


def _pair(
    layer: str, first: str, second: str, a: NeuronPosterior, b: NeuronPosterior, level: float
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "layer": layer,
            "neuron": np.arange(len(a.mean)),
            "first": first,
            "second": second,
            "shift": distances.mean_shift(a, b),
            "wasserstein": distances.bures_wasserstein(a, b),
            "log_volume_ratio": distances.log_volume_ratio(a, b),
            "affine_invariant": distances.affine_invariant(a, b),
            "overlap": distances.overlap(a, b, level=level),
        }
    )


def _short(value: Any) -> str:
    if isinstance(value, str):
        return value
    if not np.isfinite(value):
        return "–" if np.isnan(value) else str(value)
    if float(value).is_integer() and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4g}"
