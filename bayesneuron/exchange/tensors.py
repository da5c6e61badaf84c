"""The tensors of one network by name, as numbers, whichever object or file they came in."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from bayesneuron.exchange.order import GRAPH
from bayesneuron.numerics.arrays import as_numbers, check_all_finite

UNUSED = ("num_batches_tracked",)  # counts that are no weights
RANDOM = "rngs"  # of the layers of Flax NNX that draw, such as Dropout: keys and counts
_WRAPPERS = ("module", "_orig_mod", "params", "batch_stats")  # of DDP, torch.compile and Flax
# Names of activation functions elsewhere.
SAME = {"logistic": "sigmoid", "linear": "identity", "swish": "silu", "exponential": "exp"}
_INSIDE = ("value", "raw_value")  # how a Flax NNX variable names its array


@dataclass(frozen=True)
class Tensors:
    """A network as its source has it.

    Attributes
    ----------
    values : mapping of str to ndarray
        In the precision that they came in.
    where : str
        What an error calls it.
    order : str
        `GRAPH`, `OWN` or `UNKNOWN` of `bayesneuron.exchange.order`: what the order of tensors is.
    original : mapping of str to str
        The names in the source.
    unused : mapping of str to array_like
        Counts, by their names in the source.
    activations : tuple of str
        Of the hidden layers, from below; empty where the source does not say.
    output : str or None
        Activation function of the output, or ``softmax``; None where the source does not say.
    eps : float or None
        Of batch normalisation.
    batch_norm : str or None
        ``before`` or ``after`` the activation, where the source says so.
    halves : tuple of str
        Kinds of 16 bits that weights came in.
    """

    values: Mapping[str, np.ndarray]
    where: str
    order: str = GRAPH
    original: Mapping[str, str] = field(default_factory=dict)
    unused: Mapping[str, Any] = field(default_factory=dict)
    activations: tuple[str, ...] = ()
    output: str | None = None
    eps: float | None = None
    batch_norm: str | None = None
    halves: tuple[str, ...] = ()


def tensors_from(leaves: Mapping[str, Any], where: str, **known: Any) -> Tensors:
    """Arrays of any library as tensors, without counts and without the prefixes of wrappers.

    Parameters
    ----------
    leaves : mapping of str to array_like
    where : str
    **known
        Further fields of `Tensors`.

    Raises
    ------
    ValueError
        If one holds no finite floating-point numbers, or names differ by prefixes alone.
    """
    values: dict[str, np.ndarray] = {}
    original: dict[str, str] = {}
    unused: dict[str, Any] = {}
    halves: set[str] = set()
    for name, leaf in leaves.items():
        short = plain_name(name)
        if RANDOM in short.split("."):
            continue
        if short.rpartition(".")[2] in UNUSED:
            unused[name] = leaf
            continue
        if short in values:
            raise ValueError(
                f"{where}: expected names that differ without their prefixes {list(_WRAPPERS)}, "
                f"got {short!r} twice"
            )
        values[short], original[short] = numbers(f"{where}, {name}", leaf), name
        kind = str(getattr(leaf, "dtype", "")).rpartition(".")[2]
        halves |= {kind} & {"float16", "bfloat16"}
    shared = _shared_prefix(list(values))
    cut = lambda items: {name[shared:]: item for name, item in items.items()}
    return Tensors(
        cut(values),
        where,
        original=cut(original),
        unused=unused,
        halves=tuple(sorted(halves)),
        **known,
    )


def _shared_prefix(names: list[str]) -> int:
    """The length of the leading parts that all names have, such as ``model.``."""
    size = 0
    while names and all("." in name[size:] for name in names):
        first = names[0][size:].partition(".")[0] + "."
        if first[:-1].isdigit() or not all(name[size:].startswith(first) for name in names):
            break
        size += len(first)
    return size


def plain_name(name: str) -> str:
    """A name without the prefixes of wrappers.

    Examples
    --------
    >>> plain_name("_orig_mod.module.fc1.weight")
    'fc1.weight'
    """
    parts = name.replace("/", ".").split(".")
    while len(parts) > 1 and parts[0] in _WRAPPERS:
        parts = parts[1:]
    return ".".join(parts)


def flat(tree: Any) -> dict[str, Any]:
    """The leaves of nested mappings and of trees that JAX knows, by dotted name.

    Functions among the leaves, such as the activation function of an Equinox module, are left out.

    Examples
    --------
    >>> sorted(flat({"Dense_0": {"kernel": [[1.0]], "bias": [0.0]}}))
    ['Dense_0.bias', 'Dense_0.kernel']
    """
    return {name: leaf for name, leaf in _leaves("", tree) if not _is_function(leaf)}


def numbers(name: str, leaf: Any) -> np.ndarray:
    """A leaf as an array of floating-point numbers; those of 16 bits become 32.

    Parameters
    ----------
    name : str
        For the error.
    leaf : array_like
        PyTorch tensors as well, wherever they are.

    Raises
    ------
    ValueError
        If it holds whole numbers, NaN, or no numbers.
    """
    if hasattr(leaf, "detach"):  # PyTorch; NumPy has no bfloat16, so that it is asked for float32
        leaf = leaf.detach().cpu()
        leaf = (leaf.float() if "float16" in str(leaf.dtype) else leaf).numpy()
    array = leaf if isinstance(leaf, np.ma.MaskedArray) else _array(leaf)
    if str(getattr(array, "dtype", "")) in ("bfloat16", "float16"):
        array = np.asarray(array).astype(np.float32)
    array = as_numbers(name, array)
    if array.dtype.kind != "f":
        raise ValueError(
            f"{name}: expected floating-point weights, got {array.dtype}; quantised weights need "
            "their scale: pass them as floats"
        )
    check_all_finite(name, array)
    return array


def _array(leaf: Any) -> Any:
    return leaf if isinstance(leaf, list | tuple) else np.asarray(leaf)


def _leaves(prefix: str, tree: Any) -> Iterator[tuple[str, Any]]:
    """Mappings in their own order; what JAX flattens, in JAX's."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            name = str(key)
            yield from _leaves(prefix if name in _INSIDE else _joined(prefix, name), value)
    elif _is_array(tree):
        yield prefix, tree
    else:
        pairs, _ = jax.tree_util.tree_flatten_with_path(tree)
        for path, leaf in pairs:
            keys = [re.sub(r"^\.|[\[\]'\"<>]", "", str(key)) for key in path]
            yield _joined(prefix, ".".join(k for k in keys if k not in _INSIDE)), leaf


def _is_array(value: Any) -> bool:
    if isinstance(value, list | tuple):  # of plain numbers, not of parts of a network
        return bool(value) and all(
            isinstance(v, int | float) or (isinstance(v, list | tuple) and _is_array(v))
            for v in value
        )
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _is_function(leaf: Any) -> bool:
    return callable(leaf) and not hasattr(leaf, "shape")  # a variable of NNX is callable


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix and name else prefix or name
