"""Where chains start, and the coordinates each of them is whitened by."""

from typing import Any, NamedTuple

import jax
import numpy as np
import xarray as xr

from bayesneuron.inference.curvature import (
    FLOOR,
    blocks_of,
    hessian,
    inverse_roots,
    positive,
)
from bayesneuron.inference.starts import find_optima, prior_starts, starts_from
from bayesneuron.network.density import Density
from bayesneuron.numerics.progress import progress

NEGLIGIBLE = 5.0  # nats of evidence below the best mode: under 1% of the posterior mass
DISTINCT = 0.01  # nats by which optima differ that are not copies of each other


class WarmStart(NamedTuple):
    """A start and a root of the inverse curvature for every chain, and where they came from."""

    theta: np.ndarray  # (chain, size)
    roots: dict[str, np.ndarray]  # by block, (chain, k, k) or (chain, k)
    attrs: dict[str, Any]


def warm_start(
    dens: Density,
    x: jax.Array,
    y: jax.Array,
    *,
    chains: int,
    seed: int,
    start: str | xr.DataTree,
    starts: int,
    temper: float,
    mass: str,
) -> WarmStart:
    """Find the modes, drop those without mass, and share the chains among the rest.

    The mass of a mode is judged by its Laplace evidence,
    log Z ≈ log p(θ*) + ½ size log 2π - ½ log |H|. A chain in a mode with a thousandth of the mass
    would count for as much as any other chain, and no later step could tell. ``start="modes"``
    asks for just that: distinct optima whatever their mass, two chains or more each.
    """
    if isinstance(start, str) and start == "prior":
        theta = prior_starts(dens, x, jax.random.fold_in(jax.random.key(seed), 3), chains)
        eye = [np.eye(dens.size)] * chains
        return WarmStart(theta, _roots(dens, eye, mass), {"start": start})
    given: np.ndarray | None = None
    name = str(start)
    if isinstance(start, xr.DataTree):
        size = start["posterior"].sizes
        starts = min(max(starts, chains), size["chain"] * size["draw"])
        given = starts_from(dens, start, max(starts, chains))
        name = f"draws of {start.attrs.get('method')}"
    starts = starts if name == "best" else max(starts, chains)
    keep = {"best": 1, "modes": starts}.get(name, chains)
    with progress("optima", starts + keep) as advance:
        found = find_optima(
            dens, x, y, starts=starts, keep=keep, seed=seed, temper=temper, theta=given,
            advance=advance,
        )  # fmt: skip
    height = -np.asarray(found.loss) * len(x) * temper
    if name == "modes":
        arrived = np.flatnonzero(np.asarray(found.converged) | ~np.any(found.converged))
        fresh = np.diff(height[arrived], prepend=np.inf) < -DISTINCT
        new = arrived[fresh][: max(1, chains // 2)]
        found, height = jax.tree.map(lambda leaf: leaf[new], found), height[new]
    curvature = [np.asarray(hessian(dens, theta, x, y, temper)) for theta in found.theta]
    volume = np.array([0.5 * np.log(positive(h, FLOOR)[0]).sum() for h in curvature])
    evidence = height + 0.5 * dens.size * np.log(2 * np.pi) - volume
    least = -np.inf if name == "modes" else evidence.max() - NEGLIGIBLE
    modes = np.flatnonzero(evidence >= least)
    mode = np.resize(modes, chains)
    return WarmStart(
        np.asarray(found.theta)[mode],
        _roots(dens, [curvature[m] for m in mode], mass),
        {
            "start": name,
            "start_log_joint": height.tolist(),
            "start_evidence": evidence.tolist(),
            "start_mode": mode.tolist(),
        },
    )


def _roots(dens: Density, curvature: list[np.ndarray], mass: str) -> dict[str, np.ndarray]:
    blocks, diagonal = blocks_of(dens, mass), mass == "diagonal"
    each = [inverse_roots(h, blocks, diagonal=diagonal, floor=FLOOR) for h in curvature]
    return {name: np.stack([roots[name] for roots in each]) for name in blocks}
