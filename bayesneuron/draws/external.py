"""Draws from elsewhere: trained checkpoints and other samplers' weights."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from arviz_base import from_dict

from bayesneuron.draws.provenance import Provenance, provenance_for, with_provenance
from bayesneuron.draws.tree import site_dims
from bayesneuron.draws.with_data import check_in_support, with_data
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model
from bayesneuron.numerics.arrays import as_numbers, check_all_finite
from bayesneuron.numerics.checks import check_flag, check_pair, check_type
from bayesneuron.numerics.files import check_path, parsed

TRAINED_APART = "trained_apart"  # detail of draws that are members of an ensemble, no chain


def from_arrays(
    sites: Mapping[str, Any],
    *,
    layout: Layout | None = None,
    model: Model | None = None,
    chains: bool = False,
    method: str = "external",
    members: bool = False,
    data: tuple[Any, Any] | None = None,
) -> xr.DataTree:
    """Make draws from stacks of weight arrays.

    Parameters
    ----------
    sites : mapping of str to array_like
        By site, with a leading axis of draws (the members of an ensemble) or, with
        ``chains=True``, two leading axes, chain and draw.
    layout : Layout, optional
    model : Model, optional
        Exactly one of the two. With a model, `bayesneuron.predict` works on the draws.
    method : str
        A name for reports.
    members : bool
        Whether draws are networks trained apart, the members of an ensemble, and no chain:
        `bayesneuron.diagnose` then asks for no R-hat.
    data : pair of array_like, optional
        x and y that the networks were trained on, for a model. `bayesneuron.compare`,
        `bayesneuron.reduce` and figures then need not be handed them.

    Returns
    -------
    DataTree

    Raises
    ------
    ValueError
        If a site of the layout is missing, its rank does not fit, sizes differ, there is no draw,
        a value is not finite, a site or layer is called ``chain`` or ``draw``, or has a ``/``; or
        if there are data but no model, or data or sites do not fit it.

    Examples
    --------
    >>> import numpy as np
    >>> layout = Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "relu"})
    >>> draws = from_arrays({"W": np.ones((7, 2, 3)), "V": np.ones((7, 1, 2))}, layout=layout)
    >>> dict(draws.posterior.sizes)["draw"]
    7
    """
    if (layout is None) == (model is None):
        raise ValueError("from_arrays: expected exactly one of layout= and model=")
    if model is not None:
        check_type("model", model, Model, "bn.load")
        layout = model.layout
    if data is not None:
        check_pair("data", data)
        if model is None:
            raise ValueError("data: expected model= beside them, got layout=")
    check_type("layout", layout, Layout, "bn.Layout")
    assert layout is not None
    check_flag(chains=chains, members=members)
    if chains and members:
        raise ValueError("members: expected False with chains=True, got True")
    check_type("method", method, str)
    if not isinstance(sites, Mapping):
        raise ValueError(f"sites: expected arrays by name, got {type(sites).__name__}")
    odd = [name for name in (*sites, *layout.layers) if not isinstance(name, str) or "/" in name]
    if odd:
        raise ValueError(f"sites: expected names without '/', got {odd}")
    arrays = {name: _checked(name, values) for name, values in sites.items()}
    lead = 2 if chains else 1
    taken = sorted({"chain", "draw"} & ({d for dims in layout.sites.values() for d in dims}))
    if taken or {"chain", "draw"} & set(arrays):
        raise ValueError(
            "from_arrays: expected other names of sites and layers than 'chain' and 'draw', "
            f"got {taken or sorted(arrays)}"
        )
    sizes: dict[str, tuple[int, str]] = {}
    for site, dims in layout.sites.items():
        if site not in arrays:
            raise ValueError(f"from_arrays: expected site {site!r}, got {sorted(arrays)}")
        shape = arrays[site].shape
        if len(shape) != lead + len(dims):
            raise ValueError(
                f"{site}: expected {lead + len(dims)} axes (draws, {dims}), got {shape}"
            )
        for name, size in zip(dims, shape[lead:], strict=True):
            known, first = sizes.setdefault(name, (size, site))
            if known != size:
                raise ValueError(
                    f"{site}: expected {known} along {name!r}, as {first} has, got {size}"
                )
    leads = {values.shape[:lead] for values in arrays.values()}
    if len(leads) != 1:
        raise ValueError(f"from_arrays: expected as many draws of each site, got {sorted(leads)}")
    if not chains:
        arrays = {name: values[None] for name, values in arrays.items()}
    tree = from_dict({"posterior": arrays}, dims=site_dims(layout, arrays))
    made = Provenance(layout, method) if model is None else provenance_for(model, method)
    if members:
        made = replace(made, independent=True, details={**made.details, TRAINED_APART: 1})
    draws = with_provenance(tree, made)
    if model is None or data is None:
        return draws
    check_in_support(draws, model, *data)
    return with_data(draws, model, *data)


def _checked(name: str, values: Any) -> np.ndarray:
    array = as_numbers(name, values)
    if array.size == 0:
        raise ValueError(f"{name}: expected at least one draw, got shape {array.shape}")
    check_all_finite(name, array)
    return array


def from_safetensors(paths: list[str | Path], **options: Any) -> xr.DataTree:
    """Make draws of safetensors checkpoints, one per member; the tensors' names are the sites.

    Parameters
    ----------
    paths : list of str or Path
    **options
        As for `from_arrays`. Members are no chain, unless ``members=False`` says that they are.

    Raises
    ------
    ValueError
        If there are none, or they do not hold the same tensors.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> from safetensors.numpy import save_file
    >>> layout = Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    >>> member = {"W": np.ones((2, 3)), "V": np.ones((1, 2))}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_file(member, f"{folder}/a.safetensors")
    ...     draws = from_safetensors([f"{folder}/a.safetensors"] * 3, layout=layout)
    >>> draws.posterior.sizes["draw"]
    3
    """
    if not isinstance(paths, list | tuple) or not paths:
        got = "none" if isinstance(paths, list | tuple) else repr(paths)
        raise ValueError(f"paths: expected a list of files, at least one, got {got}")
    members = [_tensors(check_path("paths", path)) for path in paths]
    names = set(members[0])
    for path, member in zip(paths, members, strict=True):
        if set(member) != names:
            raise ValueError(f"{path}: expected tensors {sorted(names)}, got {sorted(member)}")
        for name, values in member.items():
            if values.shape != members[0][name].shape:
                raise ValueError(
                    f"{path}, {name}: expected shape {members[0][name].shape} as in {paths[0]}, "
                    f"got {values.shape}"
                )
    stacks = {n: np.stack([m[n] for m in members]) for n in names}
    return from_arrays(stacks, **{"members": True, **options})


def _tensors(path: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    if not path.is_file():
        raise FileNotFoundError(f"paths: no file {path}")
    with parsed(path, "a safetensors file of numbers"):
        return load_file(str(path))
