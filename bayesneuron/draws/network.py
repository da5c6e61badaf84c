"""The network that draws are of: made again from what they know, or checked against them.

A model of other widths or another activation would run with the draws' weights and give numbers
that mean nothing, so the two are compared by layout and by the shapes of their sites.
"""

from collections.abc import Iterator

import xarray as xr

from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.provenance import Provenance, provenance_of
from bayesneuron.network.activation_functions import SYMMETRIES, symmetry_of
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model, available_models, load
from bayesneuron.network.tracing import sites_of
from bayesneuron.numerics.checks import check_type


def network_of(draws: xr.DataTree, model: Model | None = None) -> Model:
    """`model`, checked to be that of `draws`; without it the shipped one they were made with.

    Raises
    ------
    ValueError
        If the model is another one, or it is needed, or the options that the draws carry do not
        fit them. A name that a file claims is never taken for a path.
    """
    check_draws(draws)
    provenance = provenance_of(draws)
    if model is not None:
        check_type("model", model, Model, "bn.load")
    given = model
    if given is None:
        model = _made_again(provenance)
    assert model is not None
    ours, its = next(_differences(provenance.layout, model.layout), (None, None))
    if ours is not None:
        raise ValueError(_message(provenance, model, str(ours), str(its), given=given is not None))
    if "constant_data" in draws.children and "x" in draws["constant_data"]:
        inputs = draws["constant_data"]["x"].shape[-1]
        check_widths(draws, model, inputs, given=given is not None)
    return model


def network_if_known(draws: xr.DataTree, model: Model | None = None) -> Model | None:
    """`network_of` where a model is given or a shipped one made the draws; None otherwise."""
    known = model is not None or _is_shipped(provenance_of(draws))
    return network_of(draws, model) if known else None


def check_widths(draws: xr.DataTree, model: Model, inputs: int, *, given: bool = True) -> None:
    """Check that every site of `draws` has the shape that it has in `model`.

    Raises
    ------
    ValueError
    """
    provenance = provenance_of(draws)
    try:
        sites = sites_of(model, (2, inputs))
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        its = f"options that do not take {inputs} inputs: {str(error).splitlines()[0]}"
        ours = f"{inputs} inputs"
        raise ValueError(_message(provenance, model, ours, its, given=given)) from None
    for name, values in draws["posterior"].data_vars.items():
        own = tuple(values.shape[2:])
        if name in sites and sites[str(name)].shape != own:
            ours, its = (f"{name} of shape {shape}" for shape in (own, sites[str(name)].shape))
            raise ValueError(_message(provenance, model, ours, its, given=given))


def _is_shipped(provenance: Provenance) -> bool:
    return provenance.shipped and provenance.model in available_models()


def _made_again(provenance: Provenance) -> Model:
    if not _is_shipped(provenance):
        raise ValueError(
            f"draws of model {provenance.model!r}: expected model= as well, it is not a shipped one"
        )
    try:
        return load(provenance.model, **provenance.options)
    except TypeError as error:
        raise ValueError(
            f"draws: expected options of {provenance.model}, got {provenance.options!r}: {error}"
        ) from None


def _message(provenance: Provenance, model: Model, ours: str, its: str, *, given: bool) -> str:
    if not given:
        return f"draws: expected options that fit them ({ours}), got {model} ({its})"
    options = ", ".join(f"{k}={v!r}" for k, v in provenance.options.items())
    return (
        f"model: expected that of the draws, {provenance.model}({options}) with {ours}, "
        f"got {model} with {its}"
    )


def _differences(own: Layout, other: Layout) -> Iterator[tuple[str, str]]:
    """What differs between the layout of draws and that of a model, in words."""
    if own.sites != other.sites:
        yield f"sites {own.sites}", f"sites {other.sites}"
    for layer in {*own.layers, *other.layers}:
        pair = own.layers.get(layer), other.layers.get(layer)
        if not _same(*pair):
            yield f"layer {layer!r} {pair[0]}", f"layer {layer!r} {pair[1]}"
    for name in ("into", "auxiliary", "scales"):
        ours, its = getattr(own, name), getattr(other, name)
        if ours != its:
            yield f"{name} {ours}", f"{name} {its}"


def _same(first: str | None, second: str | None) -> bool:
    """Whether two declarations of a layer agree; a kind of symmetry agrees with its activations."""
    if first is None or second is None or first == second:
        return first == second
    named = [k for k in (first, second) if k not in SYMMETRIES]
    kinds = {k if k in SYMMETRIES else symmetry_of(k) for k in (first, second)}
    return len(named) < 2 and len(kinds) == 1
