"""The members of an ensemble, which must be networks of one kind."""

from typing import Any

from bayesneuron.exchange.dense import Reading
from bayesneuron.exchange.sources import is_one_member, tensors_of
from bayesneuron.exchange.tensors import Tensors

EPS = 1e-5  # of batch normalisation in PyTorch and Flax


def same_tensors(members: Any) -> list[Tensors]:
    """The tensors of all members, of the same names and shapes.

    Raises
    ------
    ValueError
        If there are none, or one differs from the first.
    """
    listed = [members] if is_one_member(members) else list(members)
    if not listed:
        raise ValueError("members: expected at least one network, got an empty list")
    found = [tensors_of(m, f"member {i}") for i, m in enumerate(listed)]
    first = found[0]
    if not first.values:
        raise ValueError(f"{first.where}: expected tensors by name, got none")
    for other in found[1:]:
        beyond = sorted(set(other.values) ^ set(first.values))
        if beyond:
            raise ValueError(
                f"{other.where}: expected the names of {first.where}, got others or none for "
                f"{beyond}"
            )
        for name, values in first.values.items():
            own = other.values[name].shape
            if own != values.shape:
                raise ValueError(
                    f"{other.where}, {name}: expected shape {values.shape} as in {first.where}, "
                    f"got {own}"
                )
        if (other.activations, other.output) != (first.activations, first.output):
            raise ValueError(
                f"{other.where}: expected activations {first.activations} and {first.output} as in "
                f"{first.where}, got {other.activations} and {other.output}"
            )
    return found


def reading_of(
    tensors: Tensors,
    *,
    orientation: str | None = None,
    batch_norm: str | None = None,
    eps: float | None = None,
) -> Reading:
    """What the caller says, else what the source says."""
    own = EPS if tensors.eps is None else tensors.eps
    return Reading(
        orientation, batch_norm or tensors.batch_norm, own if eps is None else eps, tensors.ordered
    )
