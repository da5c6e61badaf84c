"""From a network's draws to the smallest network that predicts as well."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.alignment.by_part import warn_of_moments
from bayesneuron.data.past import earlier_rows
from bayesneuron.draws._activations import layer_of
from bayesneuron.draws.evaluate import LARGE, check_latent
from bayesneuron.draws.loo import FEWEST
from bayesneuron.draws.network import check_widths, network_of
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.same_scaling import check_same_scaling, scale_of
from bayesneuron.draws.tree import data_of, sites_of_draws
from bayesneuron.inference.work import work_of
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.model import Model
from bayesneuron.network.width import widths_of
from bayesneuron.numerics.checks import check_choice, check_pair, check_positive, check_seed
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.progress import progress
from bayesneuron.numerics.work import Work
from bayesneuron.reduction._leader_merging import leader_merging
from bayesneuron.reduction.future import origins_of
from bayesneuron.reduction.judged import evenly, is_sampled, neurons_of, of_members, warn_of_scores
from bayesneuron.reduction.own import CHAINS, Own, own_networks, own_posterior
from bayesneuron.reduction.result import Reduction, Scored, deciding
from bayesneuron.reduction.scoring import Score, controlled, of_future
from bayesneuron.reduction.scoring import score as scores_of
from bayesneuron.reduction.shrink import plans_for
from bayesneuron.reduction.size_table import curve_of, parameters_of
from bayesneuron.reduction.source import Source
from bayesneuron.reduction.task import Method, Weights
from bayesneuron.reduction.through_network import Networks, lost, networks_of, warn_of_loss


def reduce(
    draws: xr.DataTree,
    x: Any = None,
    y: Any = None,
    *,
    test: tuple[Any, Any] | None = None,
    sizes: Sequence[Any] | None = None,
    layer: str | None = None,
    method: Method = leader_merging,
    model: Model | None = None,
    score: str = "own",
    cv: str | None = None,
    samples: int = 300,
    largest: int = 500,
    most: int = 200,
    seed: int = 0,
    checkpoint: str | Path | None = None,
) -> Reduction:
    """Reduce the network to every size, and choose the smallest that is as good as the best.

    The rule: the smallest network whose expected log predictive density is within one standard
    error of the best network's, or within 2 nats. The standard error is that of the difference,
    observation by observation.

    Parameters
    ----------
    draws : DataTree
        From an estimator; aligned first unless they are.
    x, y : array_like, optional
        Training data; by default those the draws carry.
    test : pair of array_like, optional
        Held-out x and y to choose by; by default cross-validation of the training data.
    sizes : sequence, optional
        Widths to try: numbers for one layer, tuples for several. Each of them gets a posterior of
        its own. By default about ten, halving, of which bisection decides which get one.
    layer : str, optional
        By default all hidden layers, in proportion.
    method : callable
        Ours, or any of `bayesneuron.baselines`.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    score : {"own", "merged"}
        What decides. ``own``: draws of the small network's own posterior, four short chains of NUTS
        from the merged draws; so for the full network, unless its draws are of NUTS. ``merged``:
        the merged draws, in seconds. They show how well the small network imitates the full one,
        and call for more neurons than the data do. All merged draws predict through their network,
        and so does the full one's: draws of `bayesneuron.laplace` too, which `compare` linearises.
    cv : {"loo", "lfo"}, optional
        Cross-validation without `test`. ``loo``: each row from all others, by PSIS-LOO. ``lfo``:
        rows of the later half whose targets do not overlap, each from the rows before it, by PSIS
        leave-future-out [1]_, with new posteriors at up to a tenth of the rows. By default ``lfo``
        where own posteriors decide and rows are windows of a series that overlap: LOO is optimistic
        there, since the neighbours of a window contain it.
    samples : int
        Draws of every chain of an own posterior, after as many of warm-up.
    largest : int
        Parameters beyond which a network is judged by its merged draws.
    most : int
        Merged draws that are scored, evenly spaced, at least one of every chain; the full network
        is scored on all.
    seed : int
        Of the method and of the chains.
    checkpoint : str or Path, optional
        A folder that keeps the chains of own posteriors as they go. The same call goes on from
        there after a stop, and ends with the same bits. One of another run is refused.

    Returns
    -------
    Reduction
        The curve over sizes, the chosen network, and with ``.at(size)`` the network of any other
        size on the curve.

    Raises
    ------
    ValueError
        If data, sizes or model do not fit, or the draws lack a noise scale that the model needs.

    Notes
    -----
    A score over few merged draws has a Monte Carlo error, most of which a smaller network shares
    with the full one on the same draws. So the full network serves as control variate: to its score
    on all draws is added, observation by observation, the difference between the smaller and the
    full network on the common subset of draws.

    References
    ----------
    .. [1] Bürkner, Gabry, Vehtari, "Approximate leave-future-out cross-validation for Bayesian time
       series models", Journal of Statistical Computation and Simulation 2020.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=4, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=60, starts=4)
    >>> reduction = bn.reduce(draws, score="merged")
    >>> reduction.curve["hidden"].tolist(), reduction.model.options["hidden"] <= 4
    ([1, 2, 3, 4], True)
    """
    check_positive(most=most, samples=samples, largest=largest)
    check_seed(seed)
    check_choice("score", score, ("own", "merged"))
    if cv is not None:
        check_choice("cv", cv, ("loo", "lfo"))
    if test is not None:
        check_pair("test", test)
    if cv is not None and test is not None:
        raise ValueError(f"cv: expected none where test data decide, got {cv!r}")
    if cv == "lfo" and score != "own":
        raise ValueError(
            "cv: expected score='own' with 'lfo', which samples posteriors, got merged"
        )
    if score == "own" and test is None and CHAINS * samples < FEWEST:
        least = -(-FEWEST // CHAINS)
        raise ValueError(f"samples: expected at least {least} for PSIS-LOO, got {samples}")
    model = network_of(draws, model)
    x, y = data_of(draws, x, y)
    train = as_arrays(model, x, y)
    check_latent(draws, model, train[0].shape[1])
    held_out = None if test is None else as_arrays(model, *test)
    if test is not None:
        check_same_scaling(draws, test[0], name="test")
    layers = list(model.layout.hidden) if layer is None else [layer_of(model.layout, layer)]
    if not layers:
        raise ValueError(f"reduce: expected a network with hidden layers, got {model.name}")
    check_widths(draws, model, train[0].shape[1])
    full = widths_of(model, train[0].shape[1])
    whole = {name: full[name] for name in layers}
    plans = [plan for plan in plans_for(full, layers, sizes) if plan != whole]
    chains, length = (draws["posterior"].sizes[dim] for dim in ("chain", "draw"))
    judged = evenly(chains, length, most)
    work = work_of(
        None, checkpoint, method="reduce", model=model, data=(*train, *(held_out or ())), seed=seed,
        draws=draws, plans=plans, every=sizes is not None, layer=layer, by=method, score=score,
        cv=cv, samples=samples, largest=largest, most=most,
    )  # fmt: skip
    warn_of_moments(draws, "reduce")
    numbered = aligned(draws)
    sites, projected = sites_of_draws(numbered), False
    if score == "merged" or parameters_of(model, sites) > largest:
        sites, projected, _ = networks_of(numbered, model, *train)
    source = Source(model, draws, sites, x, y, judged, whole, method, seed, projected)
    loo = held_out is None and len(judged) >= FEWEST
    data, scale = held_out or train, scale_of(draws)
    temper = float(provenance_of(draws).details.get("temper", 1.0))
    earlier = None
    if cv == "lfo" or (cv is None and test is None and score == "own"):
        earlier = earlier_rows(x, y)
    if cv == "lfo" and earlier is None:  # rows in order, none of which overlap
        earlier = np.arange(len(train[0]))
    if cv is None and parameters_of(model, sites) > largest:
        earlier = None
    origins = np.arange(len(data[1])) if earlier is None else origins_of(earlier)

    @double
    def judge(network: Model, sites: Weights, chains: int = chains, loo: bool = loo) -> Score:
        return scores_of(
            network, sites, *data, loo=loo, chains=chains, temper=temper, scale=scale, rows=origins
        )

    def judge_own(draws: xr.DataTree, network: Model, work: Work) -> Score:
        """Score of the posterior of a network whose draws are `draws`."""
        if earlier is None:
            return judge(network, sites_of_draws(draws), CHAINS, held_out is None)

        def fit(rows: int) -> Weights:
            return sites_of_draws(
                own_posterior(
                    network, draws, x, y, samples=samples, seed=seed, rows=rows,
                    work=work.within(f"rows-{rows}"),
                )
            )  # fmt: skip

        return of_future(
            network, sites_of_draws(draws), fit, *train, earlier=earlier, origins=origins,
            chains=CHAINS, temper=temper, scale=scale,
        )  # fmt: skip

    networks = [*source.judged_networks(plans), (model, source.few)]
    every = [*networks[:-1], (model, sites), *([] if source.judges_all else networks[-1:])]
    with progress("sizes scored", len(every), long=source.count * len(data[0]) > LARGE) as advance:
        scored_merged = []
        for one in every:
            scored_merged.append(judge(*one))
            advance(1)
    merged, on_all = scored_merged[: len(plans)], scored_merged[len(plans)]
    if not source.judges_all:
        common = scored_merged[-1]
        merged = [controlled(one, common, on_all, data[1][origins], scale) for one in merged]
    merged = [*merged, on_all]
    rows = [
        {**plan, "neurons": neurons_of(one, plan, full), "parameters": parameters_of(one, weights)}
        for plan, (one, weights) in zip([*plans, whole], networks, strict=True)
    ]
    if earlier is not None and all(row["parameters"] > largest for row in rows):
        least = min(row["parameters"] for row in rows)
        raise ValueError(f"largest: expected at least {least} with cv='lfo', got {largest}")
    own: dict[int, Own] = {}
    if score == "own":
        with work.stopped():
            own = own_networks(
                source, networks, merged, np.array([row["parameters"] for row in rows]),
                judge_own, samples=samples, largest=largest, every=sizes is not None,
                ahead=earlier is not None, work=work,
                sampled=is_sampled(draws) and (held_out is not None or loo),
            )  # fmt: skip
    # merged draws have no posterior of the past, so they do not compete where it decides
    rhat = np.nan if of_members(draws) else on_all.rhat
    most_own = largest if earlier is None else sys.maxsize
    curve = curve_of(rows, merged, own, largest=most_own, rhat=rhat)
    chosen = int(curve["chosen"].to_numpy().argmax())
    plan = [*plans, whole][chosen]
    network = own[chosen].network if chosen in own else source.network(plan)
    scored: Scored = "lfo" if earlier is not None else "loo" if loo or own else "train"
    if held_out is not None:
        scored = "test"
    warn_of_scores(curve, len(origins))
    loss = 0.0
    if not np.all(deciding(curve)["own"].to_numpy()):
        loss = lost(numbered, model, *data, sites if projected else None)
        warn_of_loss("reduce", Networks(sites, projected, loss))
    return Reduction(
        curve, scored, "own" if own else "merged", plan, *network, source,
        {tuple([*plans, whole][i].values()): one.network for i, one in own.items()}, lost=loss,
        projected=projected,
    )  # fmt: skip
