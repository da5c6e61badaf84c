"""Parts of chains, and trees made of some of them."""

import numpy as np
import xarray as xr

from bayesneuron.draws.provenance import provenance_of, with_provenance
from bayesneuron.draws.tree import LINEARISED

SAMPLED = (
    "posterior",
    "drawn",
    "sample_stats",
    "log_likelihood",
    "posterior_predictive",
    "alignment",
    LINEARISED,
)


def cut(values: np.ndarray, parts: int) -> np.ndarray:
    """Cut (chain, draw, ...) into equal parts, (chain · part, draw, ...), dropping a remainder."""
    each = values.shape[1] // parts
    kept = values[:, : each * parts]
    return kept.reshape(values.shape[0] * parts, each, *values.shape[2:])


def pick(draws: xr.DataTree, labels: np.ndarray, mode: int) -> xr.DataTree:
    """The draws whose stretch has the label `mode`.

    Whole chains stay chains; where a chain was elsewhere for a while, each of its stretches
    becomes a chain of its own.

    Parameters
    ----------
    draws : DataTree
    labels : ndarray of int, shape (chain, part)
    mode : int
    """
    inside = labels == mode
    chains = np.flatnonzero(inside.any(axis=1))
    if inside[chains].all():
        return _map(draws, lambda data: data.isel(chain=chains))
    at = np.flatnonzero(inside.ravel())
    return _map(draws, lambda data: _stretches(data, labels.shape[1], at))


def interleave(trees: list[xr.DataTree], weights: np.ndarray, chains: int) -> xr.DataTree:
    """Mix draws of several trees in the proportions `weights`, evenly along every chain.

    The chains take different draws: the c-th those of the c-th part of every mode.
    """
    used = [m for m, w in enumerate(weights) if w > 0]
    groups = {}
    for name in SAMPLED:
        if not all(name in trees[m].children for m in used):
            continue
        # predictions may be kept of fewer draws than the weights
        counts = {m: trees[m][name].sizes["chain"] * trees[m][name].sizes["draw"] for m in used}
        picked, order = _picks(counts, weights, chains)
        common = _common(trees[used[0]][name].to_dataset())
        flat = {m: _flat(trees[m][name].to_dataset().drop_vars(common)) for m in used}
        whole = [
            xr.concat([flat[m].isel(draw=picked[m][c]) for m in used], "draw").isel(draw=order)
            for c in range(chains)
        ]
        groups[name] = _numbered(xr.concat(whole, "chain")).assign(common)
    first = trees[used[0]]
    tree = xr.DataTree.from_dict(_others(first) | groups)
    return with_provenance(tree, provenance_of(first))


def _picks(
    counts: dict[int, int], weights: np.ndarray, chains: int
) -> tuple[dict[int, list[np.ndarray]], np.ndarray]:
    """Which draws of each tree every chain takes, and in what order they are mixed."""
    length = int(min(count // chains / weights[m] for m, count in counts.items()))
    shares = {m: max(1, min(round(weights[m] * length), n // chains)) for m, n in counts.items()}
    place = np.concatenate([(np.arange(n) + 0.5) / n for n in shares.values()])
    picked = {}
    for m, share in shares.items():
        part = counts[m] // chains
        picked[m] = [
            np.linspace(c * part, (c + 1) * part - 1, share).round().astype(int)
            for c in range(chains)
        ]
    return picked, np.argsort(place, kind="stable")


def _map(draws: xr.DataTree, change: object) -> xr.DataTree:
    groups = {}
    for name in SAMPLED:
        if name in draws.children:
            data = draws[name].to_dataset()
            common = _common(data)
            changed = change(data.drop_vars(common))  # pyright: ignore[reportCallIssue]
            groups[name] = _numbered(changed).assign(common)
    tree = xr.DataTree.from_dict(_others(draws) | groups)
    return with_provenance(tree, provenance_of(draws))


def _common(data: xr.Dataset) -> dict[str, xr.DataArray]:
    """What a group holds once for all draws, such as where Laplace draws are linearised."""
    return {str(k): v for k, v in data.data_vars.items() if "draw" not in v.dims}


def _others(draws: xr.DataTree) -> dict[str, xr.Dataset]:
    return {str(k): v.to_dataset() for k, v in draws.children.items() if k not in SAMPLED}


def _stretches(data: xr.Dataset, parts: int, at: np.ndarray) -> xr.Dataset:
    each = data.sizes["draw"] // parts
    stretches = [
        data.isel(chain=i // parts, draw=slice(i % parts * each, (i % parts + 1) * each)).drop_vars(
            ["chain", "draw"], errors="ignore"
        )
        for i in at
    ]
    return xr.concat(stretches, "chain")


def _flat(data: xr.Dataset) -> xr.Dataset:
    """Chains one after another along ``draw``."""
    bare = data.drop_vars(["chain", "draw"], errors="ignore")
    return xr.concat([bare.isel(chain=c) for c in range(bare.sizes["chain"])], "draw")


def _numbered(data: xr.Dataset) -> xr.Dataset:
    return data.assign_coords({d: np.arange(data.sizes[d]) for d in ("chain", "draw")})
