"""The No-U-Turn sampler of NumPyro in whitened coordinates, chains side by side."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpyro.infer.hmc import hmc

from bayesneuron.inference.segments import Chain, Stretch, Write, in_segments, written
from bayesneuron.network.density import Density
from bayesneuron.numerics.checkpoint import Checkpoint
from bayesneuron.numerics.lanes import map_lanes, over_lanes, solo
from bayesneuron.numerics.work import HERE, Work


class Plan(NamedTuple):
    """What a compiled program depends on besides the shapes of its data."""

    dens: Density
    dense: bool  # adapt dense blocks on top of the roots, not only their diagonal
    warmup: int
    samples: int
    target_accept: float
    max_tree_depth: int
    thinning: int = 1
    done: int = 0  # draws that are there: a chain goes on

    @property
    def stretch(self) -> Stretch:
        """Moves to make, warm-up included."""
        first = self.warmup + self.done * self.thinning if self.done else 0
        return Stretch(first, self.warmup + self.samples * self.thinning, self.dens.size)


def sample_chains(
    plan: Plan,
    blocks: Mapping[str, np.ndarray],
    centre: np.ndarray,
    roots: Mapping[str, np.ndarray],
    x: jax.Array,
    y: jax.Array,
    *,
    temper: float | np.ndarray,
    seed: int,
    advance: Callable[[int], None],
    work: Work = HERE,
    state: Mapping[str, np.ndarray] | None = None,
    write: Write | None = None,
) -> Chain:
    """Run a chain from each row of `centre`, θ = centre + root z, over (chain, draw).

    With a `state` chains go on from there. Draws that are written are not returned.
    """
    keys = np.asarray(
        jax.random.key_data(jax.random.split(jax.random.key(seed), len(centre))), np.uint32
    )
    places = tuple((k, tuple(v.tolist())) for k, v in blocks.items())
    return map_lanes(
        partial(
            run_chain, plan, places, advance=advance, checkpoint=work.checkpoint, write=write
        ),
        np.arange(len(keys)), keys, centre, dict(roots), state,
        shared=(x, y, jnp.asarray(temper)), lanes=min(solo(), len(centre)), advance=advance,
        own_steps=plan.stretch.segments, returns=Chain,
        work=work if write is None else Work(),  # segments alone are kept
    )  # fmt: skip


def run_chain(
    plan: Plan,
    blocks: tuple[tuple[str, tuple[int, ...]], ...],
    numbers: Any,
    keys: Any,
    centre: Any,
    roots: Any,
    state: Any,
    *data: Any,
    advance: Callable[[int], None] = lambda count: None,
    checkpoint: Checkpoint | None = None,
    write: Write | None = None,
) -> Chain:
    """A block of chains, segment by segment."""
    start, segment = _kernels(plan, blocks)
    thin = Thinning(0 if plan.done else plan.warmup, plan.thinning)
    keep = (lambda part: part) if write is None else written(write, plan.done, numbers)
    return in_segments(
        lambda state, at: segment(state, centre, roots, at, *data),
        lambda: start(keys, centre, roots, *data),
        keys,
        plan.stretch,
        lambda: advance(len(centre)),
        each=lambda part: keep(thin(part)),
        state=state,
        checkpoint=checkpoint,
    )


class Thinning:
    """The draws among the moves that come: one in `every`, after those of the warm-up.

    A draw diverges if any move since the last one did, which may have come a segment before.
    """

    def __init__(self, warm: int, every: int) -> None:
        self.warm, self.every = warm, every
        self.open: np.ndarray | None = None  # whether moves since the last draw diverged

    def __call__(self, part: Chain) -> Chain:
        """Draws that end with a move of this part."""
        skipped = min(self.warm, part.theta.shape[1])
        self.warm -= skipped
        theta, stats = jax.tree.map(lambda leaf: leaf[:, skipped:], (part.theta, part.stats))
        before = stats["diverging"][:, :0] if self.open is None else self.open
        moves = np.concatenate([before, stats["diverging"]], axis=1)
        whole = moves.shape[1] // self.every * self.every
        self.open = moves[:, whole:]
        first = self.every - 1 - before.shape[1]
        theta, stats = jax.tree.map(lambda leaf: leaf[:, first :: self.every], (theta, stats))
        by_draw = moves[:, :whole].reshape(len(moves), -1, self.every)
        return Chain(theta, stats | {"diverging": by_draw.any(axis=2)})


@lru_cache(maxsize=16)
def _kernels(
    plan: Plan, blocks: tuple[tuple[str, tuple[int, ...]], ...]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Compiled functions that start a block of chains and run one segment of it."""
    # 32 bits: right in either precision, whichever was compiled first
    index = {name: np.array(places, np.int32) for name, places in blocks}

    def move(z: Mapping[str, jax.Array], centre: jax.Array, roots: Mapping[str, jax.Array]) -> Any:
        theta = centre
        for name, places in index.items():
            root = roots[name]
            step = root @ z[name] if root.ndim == 2 else root * z[name]
            theta = theta.at[places].add(step)
        return theta

    def potential(centre: Any, roots: Any, x: Any, y: Any, temper: Any) -> Callable[..., Any]:
        return lambda z: -plan.dens.log_joint(move(z, centre, roots), x, y, temper)

    init: Any
    init, sample = hmc(potential_fn_gen=potential, algo="NUTS")

    def begin(key: Any, *context: Any) -> Any:
        key_z, key_chain = jax.random.split(jax.random.wrap_key_data(key))
        z = {
            name: jax.random.normal(jax.random.fold_in(key_z, k), (len(places),))
            for k, (name, places) in enumerate(index.items())
        }
        # Where the posterior is far from normal (deep ReLU networks), a normal draw around an
        # optimum can have a thousand times the energy: halve the way there until it has at most
        # twice what it would have in a normal posterior.
        energy = potential(*context)
        scales = jnp.append(0.5 ** jnp.arange(12.0), 0.0)
        energies = jax.lax.map(lambda s: energy(jax.tree.map(lambda v: s * v, z)), scales)
        near = scales[jnp.argmax(energies <= energies[-1] + plan.dens.size)]
        z = jax.tree.map(lambda v: near * v, z)
        return init(
            z,
            plan.warmup,
            step_size=0.5,
            dense_mass=[(name,) for name in index] if plan.dense else False,
            target_accept_prob=plan.target_accept,
            max_tree_depth=plan.max_tree_depth,
            model_args=context,
            rng_key=key_chain,
        )

    def run(state: Any, centre: Any, roots: Any, at: Any, *data: Any) -> Any:
        context = (centre, roots, *data)

        def step(state: Any) -> Any:
            state = sample(state, context)
            stats = {
                "lp": -state.potential_energy,
                "energy": state.energy,
                "acceptance_rate": state.accept_prob,
                "diverging": state.diverging,
                "n_steps": state.num_steps,
                "step_size": state.adapt_state.step_size,
            }
            return state, Chain(move(state.z, centre, roots), stats)

        return plan.stretch.scan(step, state, at)

    return jax.jit(over_lanes(begin, 3)), jax.jit(over_lanes(run, 3))
