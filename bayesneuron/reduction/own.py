"""The posterior of a reduced network itself, by a short sampler that starts at the merged draws.

A score of merged draws measures how well they imitate the full network. What a network of that
size can do is shown by its own posterior.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.draws.provenance import provenance_of, with_provenance
from bayesneuron.draws.tree import build_tree
from bayesneuron.inference.gradient_time import LONG, TREE, duration, seconds_of_gradient
from bayesneuron.inference.nuts_fit import nuts_fit
from bayesneuron.inference.past import past_powers
from bayesneuron.inference.warm_start import Target
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.network.width import widths_of
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.progress import LOGGER
from bayesneuron.numerics.work import HERE, Work
from bayesneuron.reduction.decision import decide
from bayesneuron.reduction.rebuild import Reduced
from bayesneuron.reduction.scoring import Score
from bayesneuron.reduction.source import Source
from bayesneuron.reduction.task import Weights

CHAINS = 4
STARTS = 25  # likeliest merged draws from which optima are sought
FEWER = 8  # of the posterior of all rows, for that of the first rows


@double
def own_posterior(
    model: Model,
    merged: xr.DataTree,
    x: Any,
    y: Any,
    *,
    samples: int,
    seed: int,
    rows: int | None = None,
    label: str = "NUTS",
    work: Work = HERE,
    **details: Any,
) -> xr.DataTree:
    """Four chains of the posterior of `model`, from optima near the likeliest merged draws.

    Parameters
    ----------
    model : Model
    merged : DataTree
        Draws of `model` to start from; the power of the likelihood is theirs.
    x, y : array_like
        Training data.
    samples : int
        Draws of every chain, after as many of warm-up.
    seed : int
    rows : int, optional
        Number of first rows whose likelihood counts; by default all.
    label : str
        Of the progress.
    work : Work
        Its checkpoint keeps chains; of each call another one.
    **details
        Kept in the provenance.
    """
    inputs, targets = (jnp.asarray(v) for v in as_arrays(model, x, y))
    before = provenance_of(merged)
    temper = float(before.details.get("temper", 1.0))
    # always by row, so that a posterior of some rows uses the program of that of all
    powers = past_powers(temper, inputs, len(inputs) if rows is None else rows)
    target = Target(density(model, inputs, targets), inputs, targets, powers, seed)
    size = merged["posterior"].sizes
    start = merged if size["chain"] * size["draw"] >= CHAINS else None
    fit = nuts_fit(
        target, chains=CHAINS, samples=samples, warmup=samples, start=start,
        starts=STARTS if rows is None else FEWER,
        mass="dense", target_accept=None, max_tree_depth=10, label=label, work=work,
    )  # fmt: skip
    fit = replace(fit, details={**fit.details, "basis": "own", **details})
    tree = build_tree(model, fit, x, y, method="nuts", seed=seed)
    after = provenance_of(tree)
    return with_provenance(tree, replace(after, scaling=after.scaling or before.scaling))


def bisect(count: int, good: Callable[[int], bool]) -> None:
    """Ask ``good`` at the places that decide where it becomes true; at `count` it is.

    Examples
    --------
    >>> asked = []
    >>> bisect(8, lambda place: asked.append(place) or place >= 2)
    >>> asked
    [3, 1, 2]
    """
    low, high = -1, count
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if good(middle) else (middle, high)


class Own(NamedTuple):
    """A network with the draws of its own posterior, and how they score."""

    network: Reduced
    score: Score


def own_networks(
    source: Source,
    sized: Sequence[tuple[Model, Weights]],
    merged: Sequence[Score],
    parameters: np.ndarray,
    judge: Callable[[xr.DataTree, Model, Work], Score],
    *,
    samples: int,
    largest: int,
    every: bool,
    sampled: bool,
    ahead: bool = False,
    work: Work = HERE,
) -> dict[int, Own]:
    """Own posteriors of the networks of at most `largest` parameters, by place.

    Parameters
    ----------
    source : Source
    sized : sequence of (Model, sites)
        Networks by size with their merged draws, the full one last.
    merged : sequence of Score
        Of the merged draws.
    parameters : ndarray, shape (size,)
    judge : callable
        Score of draws of a model; the chains of what is sampled for it are kept by the work.
    samples, largest : int
    every : bool
        Sample every size, or only those that bisection needs.
    sampled : bool
        Whether the draws of the full network are of its posterior, so that it needs no others.
    ahead : bool
        Whether `judge` scores forecasts, with which scores of merged draws do not compare.
    work : Work
        Its checkpoint keeps the chains of every size.
    """
    full = len(sized) - 1
    small = [i for i in np.argsort(parameters[:full], kind="stable") if parameters[i] <= largest]
    own: dict[int, Own] = {}
    rivals = {} if ahead else {i: merged[i] for i in range(full + 1) if parameters[i] > largest}

    def folder_of(place: int) -> str:
        """Named by widths, in a checkpoint."""
        widths = widths_of(sized[place][0], source.arrays[0].shape[1])
        return "-".join(["neurons", *(str(widths[layer]) for layer in source.whole)])

    def label_of(place: int) -> str:
        """What the progress says of the time, from one gradient where rows are many."""
        arrays, model = source.arrays, sized[place][0]
        name = f"NUTS of {parameters[place]} parameters"
        if len(arrays[0]) < LONG:
            return name
        gradients = TREE * 2 * CHAINS * samples
        taken = duration(gradients * seconds_of_gradient(model, *arrays))
        count = len(small) + 1 if every else int(np.log2(len(small) + 1)) + 2
        LOGGER.info(
            "reduce: %s over %d rows, at a rough count %s of one core, for each of at most %d "
            "sizes; in less time: score='merged'", name, len(arrays[0]), taken, count,
        )  # fmt: skip
        return f"{name}, roughly {taken}"

    def sample(place: int) -> bool:
        """Score one size by its own posterior; whether it is as good as the best so far."""
        model, weights = sized[place]
        mine = work.within(folder_of(place))
        start = source.draws if place == full else source.tree(model, weights)
        details = {} if place == full else {"reduced_from": sum(source.whole.values())}
        draws = own_posterior(
            model, start, source.x, source.y, samples=samples, seed=source.seed,
            label=label_of(place), work=mine, **details,
        )  # fmt: skip
        own[place] = Own(Reduced(model, draws), judge(draws, model, mine))
        scores = [one.score.pointwise for one in own.values()]
        scores += [one.pointwise for one in rivals.values()]
        places = [*own, *rivals]
        return bool(decide(np.stack(scores), parameters[places]).good[places.index(place)])

    if small and sampled:
        mine = work.within(folder_of(full))
        score = judge(source.draws, source.model, mine) if ahead else merged[full]
        own[full] = Own(Reduced(source.model, source.draws), score)
        rivals.pop(full, None)
    elif small and parameters[full] <= largest:
        sample(full)
    if every:
        for place in small:
            sample(place)
    else:
        bisect(len(small), lambda middle: sample(small[middle]))
    return own
