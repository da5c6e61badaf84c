"""Data at the boundary: checked once against the model, plain arrays inside."""

import inspect
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpyro.distributions import constraints

from bayesneuron.network.activation_functions import BOUNDED
from bayesneuron.network.check_layout import check_layout
from bayesneuron.network.data_scale import off_scale
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import Site, single, sites_of
from bayesneuron.numerics.arrays import as_numbers, check_all_finite
from bayesneuron.numerics.checks import check_type
from bayesneuron.numerics.warn import warn_once


def as_arrays(model: Model, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Check the data against the model; return them as float64 (classes and counts: int64) arrays.

    Parameters
    ----------
    model : Model
    x : array_like, shape (observation, input)
    y : array_like
        Of the shape of the model's observed site; (observation,) is accepted for one output.

    Raises
    ------
    ValueError
        If a value is not finite, masked or no real number, the row numbers differ, y has not the
        model's shape, or it is no count, not 0 or 1, or no class number below the number of
        classes, whichever the likelihood takes.
    """
    inputs, observed = as_inputs(model, x), _output(model, np.shape(x))
    discrete = jnp.issubdtype(observed.dtype, jnp.integer)
    if discrete and np.asarray(y).dtype.kind in "OSUT":
        raise ValueError(
            f"y: expected {_whole_numbers(observed)}, got labels such as "
            f"{np.ravel(np.asarray(y))[:1].tolist()}: number them with "
            "labels, y = numpy.unique(y, return_inverse=True)"
        )
    targets = as_numbers("y", y)
    if targets.ndim == 0 or len(targets) != len(inputs):
        raise ValueError(f"y: expected {len(inputs)} rows as in x, got shape {targets.shape}")
    check_all_finite("y", targets)
    if targets.shape != observed.shape:
        if targets.size != np.prod(observed.shape):
            raise ValueError(
                f"y: expected shape {observed.shape} for model {model.name}, got {targets.shape}"
            )
        targets = targets.reshape(observed.shape)
    if not discrete:
        return inputs, targets.astype(float)
    most = _most(observed)
    bad = (targets < 0) | (targets != np.floor(targets))
    bad |= False if most is None else targets > most
    if bad.any():
        others = ", ".join(f"{v:g}" for v in np.unique(targets[bad])[:5])
        raise ValueError(f"y: expected {_whole_numbers(observed)}, got {others}")
    return inputs, targets.astype(int)


def as_training(model: Model, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """`as_arrays` of data to train on, which the output of the network must be able to reach.

    Warns where the scale of the data does not fit the priors of a shipped network.

    Raises
    ------
    ValueError
        As `as_arrays`, or if a value of y is beyond the range of a bounded output.
    """
    inputs, targets = as_arrays(model, x, y)
    _warn_of_scale(model, inputs, targets)
    output = option_of(model, "output")
    if output not in BOUNDED:
        return inputs, targets
    (low, high), least, most = BOUNDED[output], targets.min(), targets.max()
    if least < low or most > high:
        raise ValueError(
            f"y: expected values from {low:g} to {high:g}, the range of output={output!r}, got "
            f"{least:.3g} to {most:.3g}: scale them (windows: standardize='maxabs'), or choose "
            "output='identity'"
        )
    return inputs, targets


def scales_off(model: Model, inputs: np.ndarray, targets: np.ndarray) -> tuple[str, ...]:
    """What of the data is far from the unit scale that a shipped network's priors expect."""
    if option_of(model, "prior_scale") is None:
        return ()
    judged = {"x": inputs} if targets.dtype.kind == "i" else {"x": inputs, "y": targets}
    return tuple(words for name, v in judged.items() if (words := off_scale(name, v)) is not None)


def _warn_of_scale(model: Model, inputs: np.ndarray, targets: np.ndarray) -> None:
    """Say in one line what is far from unit scale."""
    if far := scales_off(model, inputs, targets):
        warn_once(
            f"{model.name}: {'; '.join(far)}. Weights and noise have priors for data of about unit "
            "scale: standardise each column"
        )


def _check_steps(model: Model, x: Any) -> None:
    """A network that reads sample by sample must know what the columns of windows are."""
    attrs = getattr(x, "attrs", {})
    known, history = option_of(model, "channels"), attrs.get("history")
    if not isinstance(known, int) or not history:
        return
    names = {k: np.ravel(attrs.get(k, ())).tolist() for k in ("exogenous", "covariates")}
    count = {kind: len(of) for kind, of in names.items()}
    horizon = int(attrs.get("horizon", 1))
    window = x.shape[-1] - count["covariates"] - (history + horizon) * count["exogenous"]
    channels = window // history
    for kind, number in count.items():
        own = option_of(model, kind)
        if number != (own or 0):
            load = (
                "give these to two_layer or mlp" if own is None else f"load it with {kind}={number}"
            )
            raise ValueError(
                f"{model.name}: expected {own or 'no'} {kind} beside windows, which it reads "
                f"sample by sample, got {names[kind]}: {load}"
            )
    if channels != known:
        raise ValueError(
            f"{model.name}: expected windows of {known} channel{'s' * (known > 1)}, got "
            f"{channels}: load it with channels={channels}"
        )
    outputs, targets = option_of(model, "outputs"), option_of(model, "targets") or known
    if count["exogenous"] and outputs != horizon * targets:
        raise ValueError(
            f"{model.name}: expected {targets} targets at {horizon} samples (horizon), which makes "
            f"outputs={horizon * targets}, got outputs={outputs}: load it with outputs=y.shape[1], "
            "and targets= where only some channels are forecast"
        )


def option_of(model: Model, name: str) -> Any:
    """The value of an option, its default where it is not bound; None where there is no such."""
    parameter = inspect.signature(model.body).parameters.get(name)
    return None if parameter is None else model.options.get(name, parameter.default)


def takes_labels(model: Model, inputs: int) -> bool:
    """Whether targets are labels 0 and 1, and the model's ``mean`` the probability of 1.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1, likelihood="bernoulli")
    >>> takes_labels(model, 3)
    True
    """
    return single(_output(model, (2, inputs)).support) is constraints.boolean


def takes_classes(model: Model, inputs: int) -> bool:
    """Whether targets are class numbers or labels: not counts and no real numbers.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> options = dict(inputs=3, hidden=2, outputs=2)
    >>> kinds = ("categorical", "poisson", "gaussian")
    >>> models = [bn.load("two_layer", likelihood=kind, **options) for kind in kinds]
    >>> [takes_classes(model, 3) for model in models]
    [True, False, False]
    """
    observed = _output(model, (2, inputs))
    return jnp.issubdtype(observed.dtype, jnp.integer) and _most(observed) is not None


def _most(observed: Site) -> int | None:
    """The largest value of a discrete likelihood; None where there is none."""
    support = single(observed.support)
    if support is constraints.boolean:
        return 1
    bound = getattr(support, "upper_bound", None)
    return int(np.min(bound)) if isinstance(bound, int | np.integer | np.ndarray) else None


def _whole_numbers(observed: Site) -> str:
    most = _most(observed)
    return "counts 0, 1, …" if most is None else f"class numbers 0 to {most}"


def as_inputs(model: Model, x: Any) -> np.ndarray:
    """Check `x` alone, as for a prediction.

    Raises
    ------
    ValueError
        If x is not a finite (observation, input) array that the model takes, or the layout is not
        that of the model.
    """
    check_type("model", model, Model, "bn.load")
    inputs = as_numbers("x", x)
    if inputs.ndim != 2 or inputs.size == 0:
        least = ", at least one of each" if inputs.ndim == 2 else ""
        raise ValueError(f"x: expected shape (observation, input){least}, got {inputs.shape}")
    check_all_finite("x", inputs)
    _check_steps(model, x)
    _output(model, inputs.shape)
    check_layout(model, inputs.shape[1])
    return inputs.astype(float)


def _output(model: Model, shape: tuple[int, ...]) -> Site:
    sites = sites_of(model, shape)
    if "y" not in sites:
        raise ValueError(f"{model.name}: expected an observed site 'y', found none")
    slashed = [name for name in sites if "/" in name]
    if slashed:  # a path in a DataTree and in netCDF
        raise ValueError(f"{model.name}: expected names of sites without '/', got {slashed}")
    return sites["y"]
