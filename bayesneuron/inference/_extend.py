"""More draws of the same kind, by the call that made those that are there."""

import json
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.data.recordings import recording_of
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.fingerprint import fingerprint_of
from bayesneuron.draws.network import network_of
from bayesneuron.draws.provenance import Provenance, provenance_of, with_provenance
from bayesneuron.draws.sampler_state import STATE_GROUP
from bayesneuron.draws.storage import open as read_draws
from bayesneuron.draws.storage import read_lazily
from bayesneuron.draws.tree import LINEARISED, build_tree, data_of
from bayesneuron.inference._bootstrap import bootstrap_fit, warn_of
from bayesneuron.inference._laplace import laplace
from bayesneuron.inference._svi import svi
from bayesneuron.inference.extended_into import (
    LONGER,
    OVERLAP,
    Old,
    check_same,
    extended_into,
)
from bayesneuron.inference.longer import members_lost
from bayesneuron.inference.nuts_fit import warn_of_divergences
from bayesneuron.inference.recorded import CALL, call_of, recorded
from bayesneuron.inference.replicates import replicates_of
from bayesneuron.inference.reservoir import RESERVOIR
from bayesneuron.inference.streamed_chains import check_into
from bayesneuron.inference.work import work_of
from bayesneuron.network.arrays import as_training
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_positive
from bayesneuron.numerics.warn import warn_once

AGAIN = {"laplace": laplace, "svi": svi}
COUNTS = {"bootstrap": "replicates", **dict.fromkeys([*AGAIN, *LONGER], "samples")}


def extend(
    draws: xr.DataTree | str | Path,
    more: int,
    *,
    model: Model | None = None,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    into: str | Path | None = None,
) -> xr.DataTree:
    """Add draws to those of an estimator, by the call that made them: its options, data and seed.

    What comes out is what the same call with the larger count gives. Draws that are there stay as
    they are.

    Parameters
    ----------
    draws : DataTree, str or Path
        From `bayesneuron.bootstrap`, `nuts`, `ensemble`, `laplace` or `svi`, or the path of a file
        of them. As the estimator left them: not aligned, selected, thinned, pooled or merged.
    more : int
        Replicates of a bootstrap, draws of Laplace or SVI, draws of each chain.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    executor : concurrent.futures.Executor, optional
        Runs replicates or chains, as in `bayesneuron.bootstrap` and `bayesneuron.nuts`.
    checkpoint : str or Path, optional
        A folder that keeps new replicates and chains as they end, as in `bayesneuron.nuts`. The
        same call goes on from there after a stop. Not for Laplace and SVI.
    into : str or Path, optional
        A file that the old draws and the new ones go to, as in `bayesneuron.bootstrap`: another
        one, or that of `draws`, which is replaced when the new one is whole. Draws of a file are
        read block by block. Not for Laplace and SVI, and for chains not with an executor.

    Returns
    -------
    DataTree
        The old draws, then the new ones, with the diagnostics of all together. Groups of
        `bayesneuron.complete` are left out.

    Raises
    ------
    ValueError
        If the draws are of another kind, not as the estimator left them, without a record of the
        call, data, state or a model known by name, or the call does not give them again; or if the
        checkpoint is of another run, or given with Laplace or SVI, as `into`.

    Warns
    -----
    StatisticalWarning
        As the estimator.

    Notes
    -----
    ``bootstrap``: replicate r depends on r and the seed alone. 200 replicates and 100 more are the
    300 of one call, bit by bit. The search for scales and starting points is made again, and so
    are the last 25 replicates, to see that they are the same.

    ``nuts`` and ``ensemble``: every chain goes on from the state of its sampler, which the draws
    carry (group ``sampler_state``), so that no warm-up is run again. 1,000 draws and 500 more are
    the 1,500 of one call, bit by bit. The search for the starts of NUTS is made again, for the
    coordinates that chains were whitened by. Members of an ensemble that were left out stay so.

    ``laplace`` and ``svi``: the fit is made again, which its seed determines, and more is drawn
    from it. The first draws are compared with those that are there. The Pareto k is that of all.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.bootstrap(model, x, y, replicates=20, optimizer=bn.Adam(epochs=5))
    >>> longer = bn.extend(draws, 10)
    >>> whole = bn.bootstrap(model, x, y, replicates=30, optimizer=bn.Adam(epochs=5))
    >>> longer.posterior["hidden_weight"].equals(whole.posterior["hidden_weight"])
    True
    """
    check_positive(more=more)
    if isinstance(draws, str | Path):
        if into is not None:
            with read_lazily(draws) as lazy:
                return extend(
                    lazy, more, model=model, executor=executor, checkpoint=checkpoint, into=into
                )
        draws = read_draws(draws)
    check_draws(draws)
    provenance, call = provenance_of(draws), _call(draws)
    model = network_of(draws, model)
    x, y = data_of(draws)
    inputs, targets = as_training(model, x, y)
    if fingerprint_of(inputs, targets) != provenance.fingerprint:
        raise ValueError(
            "draws: expected the data that they were made with, got others in their groups "
            "constant_data and observed_data"
        )
    seed = provenance.seed or 0
    count = COUNTS[provenance.method]
    there = call.pop(count)
    for name, value in {"checkpoint": checkpoint, "into": into}.items():
        if value is not None and provenance.method in AGAIN:
            raise ValueError(
                f"{name}: expected none with {provenance.method}, which is fitted again as a whole"
            )
    if into is not None:
        check_into(into, executor if provenance.method in LONGER else None)
    work = work_of(
        executor, checkpoint, method=f"extend {provenance.method}", model=model, seed=seed,
        data=(inputs, targets), draws=draws, there=there, more=more, **call,
    )  # fmt: skip
    if into is not None:
        old = Old(draws, provenance, call, there, model, (x, y), (inputs, targets))
        return extended_into(into, old, more, work)
    if provenance.method in LONGER:
        run, data = LONGER[provenance.method], (inputs, targets)
        fit = run(draws, {**call, count: there}, model, data, seed, more, work)
        details = {**provenance.details, "seconds": 0.0, **fit.details}
        details |= recorded(**json.loads(draws.attrs[CALL]) | {count: there + more})
        fit = replace(fit, details=details)
        made = build_tree(model, fit, x, y, method=provenance.method, seed=seed)
        return _longer(draws, made, model, data, provenance)
    if provenance.method == "bootstrap":
        plan = replicates_of(model, inputs, targets, recording_of(y, x), seed, **call)
        first = max(0, there - OVERLAP)
        fit = bootstrap_fit(plan, there + more, first=first, work=work)
        made = build_tree(model, fit, x, y, method="bootstrap", seed=seed)
        numbers = made["sample_stats"]["replicate"].to_numpy()[0]
        again = made.isel(draw=numbers < there)
        new = made.isel(draw=numbers >= there)
    else:
        made = AGAIN[provenance.method](model, x, y, seed=seed, **call, **{count: there + more})
        again, new = made.isel(draw=slice(there)), made.isel(draw=slice(there, None))
    count = draws["posterior"].sizes["draw"]
    check_same(draws.isel(draw=slice(count - again["posterior"].sizes["draw"], None)), again)
    tree = _joined(draws, new, made, provenance)
    if provenance.method == "bootstrap":
        warn_of(provenance_of(tree).details, tree["sample_stats"]["converged"].to_numpy())
    return tree


def _call(draws: xr.DataTree) -> dict[str, Any]:
    """The recorded call, if these are the draws that it made, all of them."""
    provenance = provenance_of(draws)
    if provenance.method not in COUNTS:
        raise ValueError(
            f"draws: expected those of {list(COUNTS)}, got draws of {provenance.method!r}"
        )
    if RESERVOIR in provenance.details:
        raise ValueError(
            f"draws: expected all replicates, got a sample of {provenance.details[RESERVOIR]:,} "
            "(memory=); make the bootstrap again with more of them"
        )
    done = [name for name in ("aligned", "pooled") if getattr(provenance, name)]
    if done:
        raise ValueError(
            f"draws: expected them as the estimator left them, got {done[0]} ones; extend first"
        )
    call = call_of(draws)
    size = draws["posterior"].sizes
    expected, failed = call[COUNTS[provenance.method]], provenance.details.get("failed", [])
    if provenance.method == "bootstrap":
        expected -= np.size(failed)
    chains = call.get("chains", call.get("members", 1 + np.size(failed)) - np.size(failed))
    if size["chain"] != chains:
        raise ValueError(
            f"draws: expected all {chains} chains that the call made, got {size['chain']}; extend "
            "first, then select"
        )
    numbers = draws["posterior"].to_dataset().coords.get("draw", np.arange(size["draw"]))
    if size["draw"] != expected or not np.array_equal(numbers, np.arange(expected)):
        raise ValueError(
            f"draws: expected all {expected} that the call made, got {size['draw']} of them; "
            "extend first, then select"
        )
    return call


def _longer(
    draws: xr.DataTree, new: xr.DataTree, model: Model, data: Any, provenance: Provenance
) -> xr.DataTree:
    """Chains with the draws that follow, judged anew."""
    tree = _joined(draws, new, new, provenance)
    if STATE_GROUP in new.children:
        tree[STATE_GROUP] = xr.DataTree(new.children[STATE_GROUP].to_dataset(inherit=False))
    if provenance.method == "ensemble":
        lost = members_lost(model, tree, data)
        members = tree["sample_stats"]["member"].to_numpy()[:, 0]
        if lost.all():
            raise ValueError("draws: expected finite draws that move, got none any more")
        if lost.any():
            failed = [*np.atleast_1d(tree.attrs["failed"]), *members[lost]]
            epochs = np.atleast_1d(tree.attrs["epochs"])[~lost].tolist()
            tree = tree.isel(chain=~lost)
            tree.attrs |= {"failed": sorted(int(m) for m in failed), "epochs": epochs}
            warn_once(f"ensemble: members {members[lost].tolist()} failed and are left out")
    diverging = tree["sample_stats"]["diverging"].to_numpy()
    tree.attrs["divergences"] = int(diverging.sum())
    warn_of_divergences(provenance.method, int(diverging.sum()), diverging.size)
    return tree


def _joined(
    draws: xr.DataTree, new: xr.DataTree, made: xr.DataTree, provenance: Provenance
) -> xr.DataTree:
    """Old draws and new ones, with the details that were made for all of them."""
    groups = {}
    for name in ("posterior", "sample_stats", LINEARISED):
        if name in draws.children:
            parts = [tree.children[name].to_dataset(inherit=False) for tree in (draws, new)]
            for k, part in enumerate(parts):
                parts[k] = part.drop_vars("draw", errors="ignore")
            whole = xr.concat(
                parts, "draw", data_vars="minimal", coords="minimal", compat="override",
                join="override",
            )  # fmt: skip
            groups[name] = whole.assign_coords(draw=np.arange(whole.sizes["draw"]))
    for name in ("observed_data", "constant_data", "optimization"):
        if name in draws.children:
            groups[name] = draws.children[name].to_dataset(inherit=False)
    details = dict(provenance_of(made).details)
    details["seconds"] = provenance.details["seconds"] + details["seconds"]
    if provenance.method == "bootstrap":
        there = int(call_of(draws)["replicates"])
        old = np.atleast_1d(provenance.details["failed"])
        own = np.atleast_1d(details["failed"])
        details["failed"] = [int(r) for r in (*old, *own[own >= there])]
    tree = xr.DataTree.from_dict(groups)
    return with_provenance(tree, replace(provenance, details=details))
