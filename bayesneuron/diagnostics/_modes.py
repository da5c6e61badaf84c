"""Find the modes of one posterior that chains visited, and weigh them."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import networkx as nx
import numpy as np
import xarray as xr
from arviz_stats.base.array import array_stats

from bayesneuron.alignment import align, aligned
from bayesneuron.alignment._align import sites_of
from bayesneuron.alignment.numbering import numbered_as
from bayesneuron.diagnostics.again import FEWEST_REFITS, most_refits
from bayesneuron.diagnostics.future import lfo_score, past_of, why_not_ahead
from bayesneuron.diagnostics.mixtures._separation import APART, separation, separation_of_weights
from bayesneuron.diagnostics.mixtures.result import Modes, weights_in
from bayesneuron.diagnostics.mixtures.stretches import cut, pick
from bayesneuron.diagnostics.mixtures.weights import tabulate
from bayesneuron.draws._activations import spread
from bayesneuron.draws._complete import complete_if_possible
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.convergence import POINTS
from bayesneuron.draws.loo import Loo, loo_of
from bayesneuron.draws.network import network_if_known
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.room import check_copies
from bayesneuron.network.model import Model
from bayesneuron.network.symmetry import canonicalise
from bayesneuron.numerics.checks import check_choice, check_positive_real

COPIES = 8  # of the weights, that are in memory at once
COMPARED = 50  # draws of a stretch that are compared
STRETCHES = 16  # about so many in all, at most four per chain


def modes(
    draws: xr.DataTree,
    *,
    apart: float = APART,
    cv: Literal["loo", "lfo"] | None = None,
    model: Model | None = None,
) -> Modes:
    """Find the modes that chains visited, by weights and by predictions.

    Every chain is cut into stretches (four, or fewer where there are many chains). Two stretches
    belong together where no weight, after the best match of neurons, and no prediction has means
    more than `apart` standard deviations from each other; modes are the connected groups. Each is
    weighed by its mass, by bridge sampling, where that is reliable.

    Parameters
    ----------
    draws : DataTree
        Of `bayesneuron.nuts` or `ensemble`, or several chains from elsewhere; aligned or not.
    apart : float
        In standard deviations within stretches. Two normals in equal shares have two peaks
        where they are more than 2 apart.
    cv : {"loo", "lfo"}, optional
        What modes are stacked by: ``loo``, PSIS-LOO, in seconds; or ``lfo``, forecasts of later
        rows by the posterior of earlier ones, sampled anew from the draws of each mode, by
        microcanonical members for an ensemble and by NUTS else. By default ``lfo`` for several
        modes of NUTS or of an ensemble where rows are windows of a series that overlap, with so
        many new draws that they take at most about twice the time of the chains: LOO is optimistic
        there. ``scored`` of the result says which.
    model : Model, optional
        Needed for predictions, PSIS-LOO and masses where the model is not a shipped one.

    Returns
    -------
    Modes

    Raises
    ------
    ValueError
        If draws are independent of each other (there are no chains to compare) or too few.

    References
    ----------
    Meng, Wong, "Simulating ratios of normalizing constants", Statistica Sinica 1996; Gronau et
    al., "A tutorial on bridge sampling", J. Math. Psychol. 2017;
    Yao, Vehtari, Gelman, "Stacking for non-mixing Bayesian computations", JMLR 2022; Margossian
    et al., "Nested R-hat", Bayesian Analysis 2024; Vehtari et al., "Rank-normalization, folding,
    and localization: an improved R-hat", Bayesian Analysis 2021.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    >>> modes = bn.modes(bn.nuts(model, x, y, chains=2, samples=400, starts=4))
    >>> modes.verdict, modes.labels.shape
    ('one mode (1 distinct optimum found, 1 with mass)', (2, 4))
    """
    check_draws(draws)
    check_positive_real(apart=apart)
    if cv is not None:
        check_choice("cv", cv, ("loo", "lfo"))
    provenance = provenance_of(draws)
    if provenance.independent:
        raise ValueError(
            f"modes: expected chains, got independent draws of {provenance.method!r}; "
            "bn.nuts(model, x, y, start=draws) makes chains"
        )
    size = draws["posterior"].sizes
    parts = max(1, min(4, STRETCHES // size["chain"], size["draw"] // 20))
    if size["draw"] < 8:
        raise ValueError(f"modes: expected at least 8 draws per chain, got {size['draw']}")
    check_copies(draws, COPIES)  # before predictions and minutes of alignment
    draws = complete_if_possible(draws, model=model)
    far, far_function = _separations(draws, parts)
    joined = nx.from_numpy_array(np.maximum(far, far_function) <= apart)
    groups = sorted((sorted(g) for g in nx.connected_components(joined)), key=min)
    label = np.empty(len(far), int)
    for mode, members in enumerate(groups):
        label[members] = mode
    labels = label.reshape(size["chain"], parts)
    if len(groups) == 1 and not provenance.aligned:  # the numbering of all draws is its own
        trees = [align(pick(draws, labels, 0))]
    else:
        whole = aligned(draws)
        trees = [numbered_as(align(pick(draws, labels, m)), whole) for m in range(len(groups))]
    network = model or network_if_known(draws)
    scored = cv or _way_to_score(trees, network)
    score: Callable[[xr.DataTree], Loo | None] = loo_of
    if scored == "lfo":
        # a mode takes its share of twice the work of the chains
        most = None if cv else max(FEWEST_REFITS, most_refits(draws) // len(trees))
        score = partial(lfo_score, model=network, most=most)
    table = tabulate(trees, labels, score=score, model=network)
    order = np.argsort(-weights_in(table)[0], kind="stable")
    between = [
        np.array([[f[np.ix_(groups[a], groups[b])].min() for b in order] for a in order])
        for f in (far, far_function)
    ]
    return Modes(
        labels=np.argsort(order)[labels],
        trees=tuple(trees[m] for m in order),
        statistics=table.iloc[order].reset_index(drop=True).rename_axis("mode"),
        apart=between[0],
        apart_function=between[1],
        rhat_nested=_nested(draws),
        start=provenance_of(draws).start,
        scored=scored,
    )


def _way_to_score(trees: list[xr.DataTree], model: Model | None) -> Literal["loo", "lfo"]:
    """Forecasts where several modes of a sampler are of overlapping windows."""
    overlapping = "observed_data" in trees[0].children and past_of(trees[0])[1]
    sampled = provenance_of(trees[0]).method in ("nuts", "ensemble")
    if len(trees) == 1 or not overlapping or not sampled:
        return "loo"
    reasons = [why_not_ahead(tree, model=model) for tree in trees]
    return "loo" if any(reasons) else "lfo"


def _separations(draws: xr.DataTree, parts: int) -> tuple[np.ndarray, np.ndarray]:
    layout, size = provenance_of(draws).layout, draws["posterior"].sizes
    raw = canonicalise(layout, sites_of(draws, layout))
    chains = {k: v.reshape(size["chain"], size["draw"], *v.shape[1:]) for k, v in raw.items()}
    stretches = {k: cut(v, parts) for k, v in chains.items()}
    count, each = next(iter(stretches.values())).shape[:2]
    at = spread(each, COMPARED)
    weights = separation_of_weights(
        layout, [{k: v[i, at] for k, v in stretches.items()} for i in range(count)]
    )
    predictions = _predictions(draws)
    if predictions is None:
        return weights, np.zeros_like(weights)
    cuts = cut(predictions, parts)
    return weights, separation(cuts[:, spread(cuts.shape[1], COMPARED)])


def _predictions(draws: xr.DataTree) -> np.ndarray | None:
    """Predictions at up to 200 places, (chain, draw, place)."""
    if "posterior_predictive" not in draws.children:
        return None
    mean = np.asarray(draws["posterior_predictive"]["mean"], float)
    flat = mean.reshape(*mean.shape[:2], -1)
    return flat[:, :, spread(flat.shape[2], POINTS)]


def _nested(draws: xr.DataTree) -> float:
    starts, predictions = np.asarray(provenance_of(draws).start.mode), _predictions(draws)
    chains = draws["posterior"].sizes["chain"]
    ids, count = np.unique(starts, return_counts=True)
    if predictions is None or len(starts) != chains or len(ids) < 2 or len(set(count)) > 1:
        return float("nan")
    superchain = np.searchsorted(ids, starts)
    moving = predictions[:, :, np.ptp(predictions, axis=(0, 1)) > 0]
    return float(np.max(array_stats.rhat_nested(moving, superchain, chain_axis=0, draw_axis=1)))
