"""Trained networks from elsewhere, as draws."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.draws.external import from_arrays
from bayesneuron.draws.provenance import provenance_of, with_provenance
from bayesneuron.draws.with_data import with_data
from bayesneuron.exchange.members import reading_of, same_tensors
from bayesneuron.exchange.observation import likelihood_options, noise_of_residuals
from bayesneuron.exchange.plan import Plan, activations_of, plan_of
from bayesneuron.exchange.tensors import Tensors
from bayesneuron.network.model import Model, load
from bayesneuron.numerics.checks import check_choice, check_pair, check_positive_real, check_type
from bayesneuron.numerics.warn import warn_once

METHOD = "trained elsewhere"
PRECISION = "precision"  # detail: that of the weights as they came


def from_state_dicts(
    members: Any,
    *,
    activation: str | Sequence[str] | None = None,
    output: str | None = None,
    noise: float | None = None,
    data: tuple[Any, Any] | None = None,
    model: Model | None = None,
    orientation: str | None = None,
    batch_norm: str | None = None,
    eps: float | None = None,
    layers: Sequence[str] | None = None,
) -> xr.DataTree:
    """Make draws of networks that were trained elsewhere, one per member.

    A member is a mapping of names to arrays (a PyTorch ``state_dict``, Flax parameters; nested
    mappings as well), a PyTorch or Equinox module, a Flax NNX state, a model of Keras or
    scikit-learn's `MLPRegressor` or `MLPClassifier`, or the path of a ``.safetensors``, ``.npz`` or
    ``.onnx`` file. Dense stacks become the shipped network ``mlp``, recurrent ones with a linear
    read-out ``elman``, ``gru`` or ``lstm``. Weights do not say everything that a network does:
    compare `bayesneuron.predict` with its own outputs once.

    Parameters
    ----------
    members : list, or a single member
        Networks with the same tensors.
    activation : str or sequence of str, optional
        Of the hidden layers, all or each; see `bayesneuron.network.activation_functions`. Needed
        where the source does not say. Recurrent layers have ``tanh`` by default.
    output : str, optional
        Activation function of the output, ``identity`` where the source does not say. ``softmax``
        makes a classifier, ``exp`` counts, ``sigmoid`` a classifier of 0 and 1 unless there is a
        noise scale or targets other than these.
    noise : float, optional
        Standard deviation of the targets around the output, where training minimised a squared
        error.
    data : pair of array_like, optional
        x and y. Without `noise`, the noise scale is the root mean square residual of all members;
        on the rows that they were trained on this is too small. The draws carry the data, whose
        columns say how many inputs and outputs there are, where this settles the order of layers.
    model : Model, optional
        Your own, with the sites that would be found. By default the shipped network.
    orientation : {"out_in", "in_out"}, optional
        Axes of matrices: (receiving, sending) in PyTorch and Equinox, the reverse in Flax, Keras
        and scikit-learn. Needed where neither sizes nor names say it.
    batch_norm : {"before", "after"}, optional
        Where batch normalisations are, before the activation or after. They are folded into
        weights. Needed where numbers in names do not say it.
    eps : float, optional
        Of batch normalisation; 1e-5, or as the source says.
    layers : sequence of str, optional
        Names of the layers from below, those of their tensors without ``.weight`` and the like.
        Needed where several orders fit the sizes and names do not say which; the error has them.

    Returns
    -------
    DataTree
        One chain, a draw per member, in double precision. `bayesneuron.diagnose` takes them for
        networks trained apart. Without `noise` and `data` a regression has no noise scale, and
        `bayesneuron.predict` asks for it. Networks that no shipped one equals (dense hidden layers
        above recurrent ones, different activation functions, no read-out) have a layout alone,
        which is told: they are aligned and compared, and not run.

    Raises
    ------
    ValueError
        If members differ in names or shapes, a tensor is of no known layer (convolutions), order or
        orientation are ambiguous, a weight is no finite floating-point number, or a file is of a
        kind that may hold code (``.pt``, ``.pkl``, ``.h5``).

    See Also
    --------
    to_state_dict : the way back.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> rng = np.random.default_rng(0)
    >>> member = lambda: {
    ...     "0.weight": rng.normal(size=(8, 3)), "0.bias": rng.normal(size=8),
    ...     "2.weight": rng.normal(size=(1, 8)), "2.bias": rng.normal(size=1),
    ... }
    >>> draws = bn.from_state_dicts([member() for _ in range(5)], activation="relu", noise=0.1)
    >>> draws.attrs["model"], dict(bn.predict(draws, np.zeros((4, 3))).predictions.sizes)
    ('mlp', {'chain': 1, 'draw': 5, 'observation': 4, 'output': 1})
    """
    _check_arguments(noise, data, model, orientation, batch_norm, eps)
    tensors = same_tensors(members)
    where = tensors[0].where
    try:
        reading = reading_of(
            tensors[0], orientation=orientation, batch_norm=batch_norm, eps=eps, layers=layers,
            data=data,
        )  # fmt: skip
        plan = plan_of(tensors[0], reading)
        each = [plan.places.read(member.values) for member in tensors]
        sites = {name: np.stack([one[name] for one in each]) for name in each[0]}
        activations = activations_of(plan, tensors[0], activation)
        own = output or tensors[0].output or "identity"
        if model is None and (not plan.shipped or len(set(activations)) > 1):
            draws = _layout_alone(plan, sites, activations)
        else:
            network = model or _network(plan, each[0], activations, own, noise, data)
            _check_sites(network, sites)
            draws = _with_model(network, sites, data)
    except ValueError as error:
        raise ValueError(str(error) if where in str(error) else f"{error} ({where})") from None
    return _told(draws, tensors, plan)


def _check_arguments(
    noise: Any, data: Any, model: Any, orientation: Any, batch_norm: Any, eps: Any
) -> None:
    if noise is not None:
        check_positive_real(noise=noise)
    if data is not None:
        check_pair("data", data)
    if model is not None:
        check_type("model", model, Model, "bn.load")
        if noise is not None:
            raise ValueError("noise: expected none with model=, which has its own, got both")
    if orientation is not None:
        check_choice("orientation", orientation, ("out_in", "in_out"))
    if batch_norm is not None:
        check_choice("batch_norm", batch_norm, ("before", "after"))
    if eps is not None:
        check_positive_real(eps=eps)


def _network(
    plan: Plan,
    one: dict[str, np.ndarray],
    activations: tuple[str, ...],
    output: str,
    noise: float | None,
    data: Any,
) -> Model:
    options = plan.options(one) | likelihood_options(output, noise, data)
    if activations:
        options["activation"] = activations[0]
    return load(plan.network, **options)


def _check_sites(model: Model, sites: dict[str, np.ndarray]) -> None:
    missing = sorted(set(model.layout.sites) - set(model.layout.auxiliary) - set(sites))
    beyond = sorted(set(sites) - set(model.layout.sites))
    if missing or beyond:
        raise ValueError(
            f"model: expected one with the sites {sorted(sites)}, got one that has {missing} more "
            f"and lacks {beyond}"
        )


def _with_model(model: Model, sites: dict[str, np.ndarray], data: Any) -> xr.DataTree:
    """Draws of a network that can be run, with the data where there are some."""
    classes = model.options.get("likelihood", "gaussian") != "gaussian"
    open_scale = model.shipped and not classes and "noise" not in model.options
    details = {}
    if open_scale and data is not None:
        details["noise_of_residuals"] = noise_of_residuals(model, sites, *data)
        model = load(model.name, **model.options, noise=details["noise_of_residuals"])
    elif open_scale:
        warn_once(
            "from_state_dicts: no noise scale is known, which bn.predict asks for: give noise=, "
            "data=(x, y) to measure it, or output='softmax' or 'sigmoid' for classes"
        )
    draws = from_arrays(sites, model=model, method=METHOD, members=True)
    if data is None:
        return draws
    draws = with_data(draws, model, *data)
    provenance = provenance_of(draws)
    return with_provenance(draws, replace(provenance, details={**provenance.details, **details}))


def _layout_alone(
    plan: Plan, sites: dict[str, np.ndarray], activations: tuple[str, ...]
) -> xr.DataTree:
    if not plan.reads_out:
        why = "there is no read-out"
    elif plan.recurrent and plan.recurrent < len(plan.layers):
        why = "there are dense hidden layers above recurrent ones"
    else:
        why = f"activation functions differ, {list(activations)}"
    warn_once(
        f"from_state_dicts: no shipped network has this function, since {why}: neurons are aligned "
        "and compared, and outputs need model="
    )
    layout = plan.layout(activations)
    return from_arrays(sites, layout=layout, method=METHOD, members=True)


def _told(draws: xr.DataTree, tensors: list[Tensors], plan: Plan) -> xr.DataTree:
    """What was done to the weights, among the details."""
    provenance, first = provenance_of(draws), tensors[0]
    notes = []
    if plan.places.absent:
        notes.append(f"no bias, taken as zero: {', '.join(plan.places.absent)}")
    if plan.places.norms:
        notes.append(f"{len(plan.places.norms)} batch normalisations folded into weights")
    if plan.places.summed:
        notes.append(f"sums of two biases: {', '.join(plan.places.summed)}")
    if first.halves:
        notes.append(f"weights of 16 bits: {', '.join(first.halves)}")
    precision = str(np.result_type(*first.values.values()))
    details = {**provenance.details, PRECISION: precision, "notes": "; ".join(notes)}
    return with_provenance(draws, replace(provenance, details=details))
