"""Members of an ensemble from their prior draws to their chains."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.inference.balance import balanced
from bayesneuron.inference.evidence import hyperparameter_sites, hyperparameters
from bayesneuron.inference.members import Counted, Member, Training, train_members
from bayesneuron.inference.microcanonical import Plan, sample_from
from bayesneuron.inference.scales import highest_evidence, way_of
from bayesneuron.inference.segments import Chain, Write
from bayesneuron.inference.starts import prior_starts
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.lanes import map_lanes, solo
from bayesneuron.numerics.progress import progress
from bayesneuron.numerics.work import HERE, Work


def member_starts(
    model: Model, x: np.ndarray, y: np.ndarray, count: int, seed: int, temper: float | np.ndarray
) -> tuple[np.ndarray, tuple[str, ...]]:
    """θ of prior draws, (member, size), and the scales of theirs that are those of the evidence."""
    data = jnp.asarray(x), jnp.asarray(y)
    dens = density(model, *data)
    theta = prior_starts(dens, data[0], jax.random.fold_in(jax.random.key(seed), 4), count)
    if way_of(dens, None, data[0], method="ensemble") != "evidence":
        return theta, ()
    top = highest_evidence(
        dens, *data, starts=25, seed=seed, temper=temper, label="scales by the evidence"
    )
    scales = hyperparameters(dens)
    theta[:, scales] = top.theta[scales]
    return theta, hyperparameter_sites(dens)


def run_members(
    plan: Plan,
    training: Training,
    theta: np.ndarray,
    x: jax.Array,
    y: jax.Array,
    *,
    held: tuple[str, ...],
    temper: float | np.ndarray,
    seed: int,
    counted: Counted | None = None,
    work: Work = HERE,
    write: Write | None = None,
) -> tuple[Member, Chain]:
    """Train a member from each row of `theta` and draw from it; member k is alone with its key.

    Sites that are `held` stay as they are in training; the sampler moves them. `temper` may be that
    of each observation; then only the first rows have one, as many as are `counted`.
    """
    if counted is None:
        counted = Counted(len(x), training.held_out)
    counts = Counted(*(np.int32(count) for count in counted))
    keys = member_keys(seed, np.arange(len(theta)))
    power = jnp.asarray(temper, x.dtype)
    train = partial(train_members, plan.dens.holding(held), training)
    with progress("members", len(theta)) as advance:
        trained = map_lanes(
            train, theta.astype(np.float32), keys,
            shared=(x, y, power, counts), lanes=min(solo(), len(theta)), advance=advance,
            work=work, returns=Member,
        )  # fmt: skip
    if not held:
        trained = trained._replace(theta=balanced(plan.dens, trained.theta, x.shape))
    with progress(plan.sampler.upper(), (plan.stretch.segments + 1) * len(theta)) as advance:
        chains = sample_from(
            plan, trained.theta.astype(x.dtype), x, y,
            temper=temper, keys=keys, advance=advance, work=work, write=write,
        )  # fmt: skip
    return trained, chains


def member_keys(seed: int, numbers: np.ndarray) -> np.ndarray:
    """Keys of members by number, (member, 2)."""
    fold = partial(jax.random.fold_in, jax.random.key(seed))
    return np.asarray(jax.random.key_data(jax.vmap(fold)(jnp.asarray(numbers))), np.uint32)
