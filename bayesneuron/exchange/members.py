"""The members of an ensemble, which must be networks of one kind."""

from collections.abc import Sequence
from typing import Any

from bayesneuron.exchange.dense import Reading
from bayesneuron.exchange.order import columns_of
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
    layers: Sequence[str] | None = None,
    data: tuple[Any, Any] | None = None,
) -> Reading:
    """What the caller says, else what the source says.

    Raises
    ------
    ValueError
        If `layers` are no names.
    """
    own = EPS if tensors.eps is None else tensors.eps
    stated = None if layers is None or isinstance(layers, str) else tuple(layers)
    if layers is not None and not (stated and all(isinstance(name, str) for name in stated)):
        raise ValueError(f"layers: expected the names of all layers from below, got {layers!r}")
    return Reading(
        orientation,
        batch_norm or tensors.batch_norm,
        own if eps is None else eps,
        tensors.order,
        stated,
        *columns_of(data),
    )
