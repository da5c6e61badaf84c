"""Set estimates side by side: neurons, convergence, predictions."""

import itertools
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.alignment import align, align_together
from bayesneuron.alignment.together import check_estimates
from bayesneuron.diagnostics.again import most_refits
from bayesneuron.diagnostics.comparison import Comparison
from bayesneuron.diagnostics.elpd_differences import ranked
from bayesneuron.diagnostics.future import Refit, check_refit, lfo_columns, lfo_of, not_ahead
from bayesneuron.diagnostics.networks import group, unpaired
from bayesneuron.draws._complete import complete_if_possible, why_incomplete
from bayesneuron.draws._predict import predict
from bayesneuron.draws.convergence import convergence, convergence_of_function
from bayesneuron.draws.loo import Loo, loo_of
from bayesneuron.draws.network import network_if_known
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.same_scaling import scale_of
from bayesneuron.geometry import distances
from bayesneuron.geometry.posterior import NeuronPosterior, posteriors_of
from bayesneuron.network.arrays import takes_labels
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_choice, check_pair, check_probability
from bayesneuron.reduction.scoring import errors

MOST = 1000  # draws whose held-out predictions are made
PAIRED = (
    "layer",
    "neuron",
    "first",
    "second",
    "shift",
    "wasserstein",
    "log_volume_ratio",
    "affine_invariant",
    "overlap",
)


def compare(
    estimates: Mapping[str, xr.DataTree],
    *,
    test: tuple[Any, Any] | None = None,
    reference: xr.DataTree | None = None,
    level: float = 0.9,
    cv: Literal["loo", "lfo"] | None = None,
    refit: Refit | Mapping[str, Refit] | None = None,
    model: Model | Mapping[str, Model] | None = None,
) -> Comparison:
    """Compare estimates: convergence and predictions of each, neurons of those of one network.

    Parameters
    ----------
    estimates : mapping of str to DataTree
        By name. Networks may differ in width or kind; neurons are compared between estimates of
        the same layout and sizes, aligned to one reference.
    test : pair of array_like, optional
        Held-out x and y, in the units of the training data.
    reference : DataTree, optional
        Aligned draws, for the estimates of the same layout and sizes to be aligned to; by default
        the reference is found from all estimates of one network pooled.
    level : float
        Of regions and predictive intervals.
    cv : {"loo", "lfo"}, optional
        Cross-validation on the training data. ``loo``: PSIS-LOO, in seconds. ``lfo``: PSIS
        leave-future-out [1]_ as well. Rows of the later half whose targets do not overlap are
        predicted, each from the rows before it, with new draws at up to a tenth of the rows. By
        default ``lfo`` without `test` for windows of a series that overlap, with so many new draws
        that they take at most about twice the time of the fit: LOO is optimistic there, since the
        neighbours of a window contain it. Where weights fail and no new draws are allowed, a row is
        predicted by the last draws as they are, from fewer rows; ``lfo_bad_k`` counts such rows.
        ``without_lfo`` of the result says which estimates have none.
    refit : callable or mapping of str to callable, optional
        For ``lfo``, what returns draws from the x and y of the first rows, such as
        ``functools.partial(bn.laplace, model, structure="diagonal")``, by name, or one for the only
        estimate that needs it. Bootstraps, SVI, ensembles (a fifth of the warm-up), and, up to 500
        free numbers, NUTS (four chains of 300) and Laplace with a full Hessian are made anew
        without one: by their recorded options, and one compiled program for all numbers of rows.
    model : Model or mapping of str to Model, optional
        Needed for predictions, PSIS-LOO and the null where the model is not a shipped one: one for
        all estimates, or by name.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If there are no estimates, if they were made from different observations (their elpd
        would not be comparable), if the reference fits none, or if `refit` is missing.

    Notes
    -----
    PSIS-LOO treats an estimate's draws as posterior draws. For the bootstrap, SVI and Laplace it
    scores the method's own predictions; ``lpd`` on held-out data needs no such assumption.

    References
    ----------
    .. [1] Bürkner, Gabry, Vehtari, "Approximate leave-future-out cross-validation for Bayesian time
       series models", Journal of Statistical Computation and Simulation 2020.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> a, b = (bn.laplace(model, x, y, samples=100, starts=4, seed=s) for s in (0, 1))
    >>> comparison = bn.compare({"first": a, "second": b})
    >>> comparison.pairs[["layer", "neuron", "overlap"]].shape
    (3, 3)
    >>> small = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    >>> one = bn.laplace(small, x, y, samples=100, starts=4)
    >>> bn.compare({"two": a, "one": one}).unpaired
    {('two', 'one'): 'hidden: 2 and 1 neurons'}
    """
    check_probability(level=level)
    check_estimates(estimates)
    if refit is not None and cv is None:
        cv = "lfo"
    if cv is not None:
        check_choice("cv", cv, ("loo", "lfo"))
    if refit is not None and cv != "lfo":
        raise ValueError(f"refit: expected none with cv='loo', got {refit!r}")
    again = check_refit(estimates, refit) if cv == "lfo" else dict.fromkeys(estimates)
    if test is not None:
        check_pair("test", test)
    _check_observations(estimates)
    models = _models(estimates, model)
    reasons = {name: why_incomplete(draws, models[name]) for name, draws in estimates.items()}
    estimates = {
        name: complete_if_possible(draws, model=models[name]) for name, draws in estimates.items()
    }
    without = not_ahead(estimates, models, cv, held_out=test is not None)
    groups = group(estimates, reference)
    aligned = {
        name: tree
        for names, common in groups
        for name, tree in align_together(
            {name: estimates[name] for name in names}, reference=common
        ).items()
    }
    posteriors = {name: posteriors_of(aligned[name]) for name in estimates}
    rows, pointwise = {}, {}
    for name, tree in estimates.items():
        loo = loo_of(tree) if "log_likelihood" in tree.children else None
        rows[name] = _method(tree, posteriors[name], test, level, models[name], loo)
        pointwise[name] = {} if loo is None else {"elpd_loo": loo.pointwise}
        if without.get(name) == "":
            most = most_refits(tree) if cv is None else None
            future = lfo_of(tree, model=models[name], refit=again[name], most=most)
            rows[name] |= lfo_columns(future)
            pointwise[name]["elpd_lfo"] = future.pointwise
    methods = pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")
    pairs = [
        _pair(layer, first, second, posteriors[first][layer], posteriors[second][layer], level)
        for names, _ in groups
        for layer in posteriors[names[0]]
        for first, second in itertools.combinations(names, 2)
    ]
    return Comparison(
        methods=ranked(methods, pointwise),
        pairs=pd.concat(pairs, ignore_index=True) if pairs else pd.DataFrame(columns=list(PAIRED)),
        unpaired=unpaired(estimates, [names for names, _ in groups]),
        aligned={name: aligned[name] for name in estimates},
        posteriors=posteriors,
        incomplete={name: reason for name, reason in reasons.items() if reason is not None},
        without_lfo={name: reason for name, reason in without.items() if reason},
    )


def _check_observations(estimates: Mapping[str, xr.DataTree]) -> None:
    """Refuse estimates of different observations: their densities cannot be compared."""
    observed = {
        name: np.asarray(tree["observed_data"]["y"])
        for name, tree in estimates.items()
        if "observed_data" in tree.children
    }
    for (first, one), (second, other) in itertools.pairwise(observed.items()):
        if one.shape != other.shape:
            got = f"y of shape {one.shape} in {first!r} and {other.shape} in {second!r}"
        elif not np.allclose(one, other, equal_nan=True):
            differ = int((~np.isclose(one, other, equal_nan=True)).sum())
            got = f"{differ} of {one.size} values of y that differ between {first!r} and {second!r}"
        else:
            continue
        raise ValueError(f"estimates: expected the same observations in all (elpd), got {got}")


def _models(
    estimates: Mapping[str, xr.DataTree], model: Model | Mapping[str, Model] | None
) -> dict[str, Model | None]:
    if model is None or isinstance(model, Model):
        return dict.fromkeys(estimates, model)
    unknown = sorted(set(model) - set(estimates))
    if unknown:
        raise ValueError(f"model: expected names among {list(estimates)}, got {unknown}")
    return {name: model.get(name) for name in estimates}


def _method(
    raw: xr.DataTree,
    posterior: Mapping[str, NeuronPosterior],
    test: tuple[Any, Any] | None,
    level: float,
    model: Model | None,
    loo: Loo | None,
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
        row |= _loo(loo)
    if "posterior_predictive" in raw.children:
        predictive, y = raw["posterior_predictive"], raw["observed_data"]["y"]
        labels = _labels(raw, model, raw["constant_data"]["x"])
        accuracy = _accuracy(raw, predictive, np.asarray(y), level, labels)
        row |= {f"train_{k}": v for k, v in accuracy.items()}
    if test is not None:
        thin = -(-int(row["draws"]) // MOST)
        few = raw.isel(draw=slice(None, None, thin))
        held_out = predict(few, *test, model=model)
        y = np.asarray(held_out["observed_data"]["y"])
        labels = _labels(raw, model, test[0])
        row |= _accuracy(raw, held_out["predictions"], y, level, labels)
        log_lik = np.asarray(held_out["log_likelihood"]["y"])
        flat = log_lik.reshape(-1, log_lik.shape[-1])
        row["lpd"] = float((np.logaddexp.reduce(flat, axis=0) - np.log(len(flat))).mean())
    details = provenance_of(raw).details
    for name in ("divergences", "pareto_k", "seconds"):
        if name in details:
            row[name] = float(details[name])
    if "failed" in details:
        row["failed"] = float(np.size(details["failed"]))
    return row


def _loo(loo: Loo | None) -> dict[str, float]:
    if loo is None:
        return {"elpd_loo": np.nan, "elpd_se": np.nan, "bad_k": np.nan}
    return {"elpd_loo": loo.elpd, "elpd_se": loo.se, "bad_k": float(loo.bad_k)}


def _labels(draws: xr.DataTree, model: Model | None, x: Any) -> bool:
    """Whether the targets are known to be labels 0 and 1."""
    known = network_if_known(draws, model)
    return known is not None and takes_labels(known, np.shape(x)[1])


def _accuracy(
    draws: xr.DataTree, predictive: Any, y: np.ndarray, level: float, labels: bool
) -> dict[str, float]:
    mean = np.asarray(predictive["mean"], float).mean(axis=(0, 1))
    if labels or mean.shape != y.shape:  # probabilities
        return {"error_rate": float(errors(mean[None], y, labels=labels)[0])}
    scale = scale_of(draws)
    samples = np.asarray(predictive["y"], float)
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
