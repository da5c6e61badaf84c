"""Where draws come from and what was done to them: one typed value.

It travels in the attributes of the tree, flat and of types that netCDF holds. This file is the
only one that reads or writes them.
"""

import html
import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import numpy as np
import xarray as xr

from bayesneuron.draws.check_tree import check_tree
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model

MEMBERS = "members"  # kind of start of chains that are each in a mode of their own
SCHEMA = 2  # version of the attributes and groups that this package writes

_SCALING = ("center", "scale", "units", "source", "transform", "row")


@dataclass(frozen=True)
class Start:
    """Where chains started.

    Attributes
    ----------
    kind : str
        Such as ``optima``, ``prior`` or ``draws of bootstrap``; empty where there were no chains.
    mode : tuple of int, length chain
        The optimum that each chain started at.
    log_joint, evidence : tuple of float
        Log density and Laplace's log evidence of each distinct optimum, in nats.
    optima : int
        Distinct optima that the search found, modulo symmetry; 0 where there was no search.
        Those far below in evidence are counted, but not among `log_joint` and `evidence`.
    left_out : int
        Distinct optima with evidence within 5 nats of the best that no chain started at.
    """

    kind: str = ""
    mode: tuple[int, ...] = ()
    log_joint: tuple[float, ...] = ()
    evidence: tuple[float, ...] = ()
    optima: int = 0
    left_out: int = 0


@dataclass(frozen=True)
class TargetScaling:
    """Scaling of the targets that draws were trained on: original = value · scale + center."""

    center: float | tuple[float, ...] = 0.0
    scale: float | tuple[float, ...] = 1.0
    units: str = ""
    source: str = ""
    transform: str = ""  # see bayesneuron.data.transform
    row: str = ""  # see bayesneuron.data.row


@dataclass(frozen=True)
class Provenance:
    """Where draws come from and what has been done to them.

    Attributes
    ----------
    layout : Layout
    method : str
        The estimator, or a name that the user gave.
    model, options : str, mapping
        Name of the model, and the options bound to it.
    shipped : bool
        Whether ``load(model, **options)`` makes the model again.
    seed : int or None
    aligned : bool
        Whether neuron i is the same neuron in every draw.
    canonical : bool
        Whether scales of homogeneous neurons and axes of linear layers were fixed by alignment.
    independent : bool
        Whether draws are independent by construction, so that there are no chains to judge.
    pooled : bool
        Whether draws come from several fits to different data, one after another (a bag).
    whitened : bool
        Whether chains were sampled in coordinates whitened by the curvature at their start.
    start : Start
    scaling : TargetScaling or None
        None where the targets carried none.
    fingerprint : str or None
        Of the data (x, y) that the draws were made with, see `bayesneuron.draws.fingerprint`.
    schema : int
        Version of the attributes.
    details : mapping of str to value
        The method's own numbers: ``seconds``, ``divergences``, ``pareto_k``, ``failed``, …

    Examples
    --------
    >>> sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    >>> Provenance(Layout(sites, {"hidden": "tanh"}), "mine").method
    'mine'
    """

    layout: Layout
    method: str = "draws"
    model: str = "unknown"
    options: Mapping[str, Any] = field(default_factory=dict)
    shipped: bool = False
    seed: int | None = None
    aligned: bool = False
    canonical: bool = False
    independent: bool = False
    pooled: bool = False
    whitened: bool = False
    start: Start = Start()
    scaling: TargetScaling | None = None
    fingerprint: str | None = None
    schema: int = SCHEMA
    details: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        options = ", ".join(f"{k}={v!r}" for k, v in self.options.items())
        flags = ("aligned", "canonical", "independent", "pooled", "whitened")
        lines = {
            "model": f"{self.model}({options})",
            "layers": ", ".join(f"{k} ({v})" for k, v in self.layout.layers.items()),
            "seed": str(self.seed),
            "is": ", ".join(name for name in flags if getattr(self, name)) or "as drawn",
            "data": f"fingerprint {self.fingerprint}",
            "details": ", ".join(f"{k} {v}" for k, v in self.details.items()),
        }
        rows = [f"  {name}: {textwrap.shorten(text, 100)}" for name, text in lines.items()]
        return "\n".join([f"Provenance of draws by {self.method}", *rows])

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(repr(self))}</pre>"


def provenance_of(draws: xr.DataTree) -> Provenance:
    """Read the provenance that travels with `draws`.

    Raises
    ------
    ValueError
        If they carry no layout, or were written by a newer version of the package.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> provenance = provenance_of(bn.prior(model, np.zeros((1, 3)), samples=5, seed=4))
    >>> provenance.method, provenance.seed, provenance.aligned
    ('prior', 4, False)
    """
    check_tree(draws)
    attrs = {str(name): value for name, value in draws.attrs.items()}
    if "layout" not in attrs:
        raise ValueError("draws: expected a DataTree with a layout (see bn.from_arrays), got none")
    schema = int(attrs.pop("schema", SCHEMA))
    if schema > SCHEMA:
        raise ValueError(
            f"draws: expected schema version {SCHEMA} or older, got {schema}: "
            "they were written by a newer bayesneuron"
        )
    method = str(attrs.pop("method", "draws"))
    seed, aligned = int(attrs.pop("seed", -1)), bool(attrs.pop("aligned", False))
    start = Start(
        str(attrs.pop("start", "")),
        *(_numbers(attrs.pop(f"start_{name}", ())) for name in ("mode", "log_joint", "evidence")),
        optima=int(attrs.pop("start_optima", 0)),
        left_out=int(attrs.pop("start_left_out", 0)),
    )
    scaling = {name: attrs.pop(name) for name in _SCALING if name in attrs}
    fingerprint = attrs.pop("fingerprint", None)
    return Provenance(
        layout=Layout.from_json(attrs.pop("layout")),
        method=method,
        model=str(attrs.pop("model", "unknown")),
        options=_options(attrs.pop("options", "{}"), schema),
        shipped=bool(attrs.pop("shipped", False)),
        seed=seed if seed >= 0 else None,
        aligned=aligned,
        canonical=bool(attrs.pop("canonical", aligned)),
        independent=bool(attrs.pop("independent", False)),
        # draws written before these two attributes existed imply them by others
        pooled=bool(attrs.pop("pooled", method.startswith("bagged"))),
        whitened=bool(attrs.pop("whitened", start.evidence)),
        start=start,
        scaling=_scaling(scaling) if scaling else None,
        fingerprint=None if fingerprint is None else str(fingerprint),
        schema=schema,
        details=attrs,
    )


def with_provenance(draws: xr.DataTree, provenance: Provenance) -> xr.DataTree:
    """The same draws with another provenance.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.prior(model, np.zeros((1, 3)), samples=5)
    >>> named = with_provenance(draws, replace(provenance_of(draws), method="mine"))
    >>> named.attrs["method"], draws.attrs["method"]
    ('mine', 'prior')
    """
    tree = draws.copy(deep=False)
    tree.attrs = _attributes(provenance)
    return tree


def provenance_for(model: Model, method: str, **known: Any) -> Provenance:
    """The provenance of draws of `model`; `known` are further fields of `Provenance`.

    A setting of JAX that changes what a seed gives is noted where it is not the default.
    """
    provenance = Provenance(
        model.layout, method, model.name, dict(model.options), model.shipped, **known
    )
    if jax.config.jax_threefry_partitionable:
        return provenance
    return replace(provenance, details={**provenance.details, "threefry_partitionable": 0})


def scaling_of_targets(y: Any) -> TargetScaling | None:
    """The scaling that `bayesneuron.windows` left on targets; None where there is none."""
    attrs = getattr(y, "attrs", {})
    scaling = {name: attrs[name] for name in _SCALING if name in attrs}
    return _scaling(scaling) if scaling else None


def _attributes(provenance: Provenance) -> dict[str, Any]:
    p = provenance
    flags = {
        name: int(getattr(p, name))
        for name in ("shipped", "aligned", "canonical", "independent", "pooled", "whitened")
    }
    searched = p.start.optima > 0
    start = {
        "start": p.start.kind,
        "start_mode": list(p.start.mode),
        "start_log_joint": list(p.start.log_joint),
        "start_evidence": list(p.start.evidence),
    }
    scaling = {} if p.scaling is None else {k: _plain(getattr(p.scaling, k)) for k in _SCALING}
    known = {"seed": p.seed, "fingerprint": p.fingerprint}
    return {
        "method": p.method,
        "model": p.model,
        "options": json.dumps(dict(p.options), default=repr),
        "layout": p.layout.to_json(),
        "schema": p.schema,
        **{k: v for k, v in known.items() if v is not None},
        **flags,
        **{k: v for k, v in start.items() if v},
        **(
            {"start_optima": p.start.optima, "start_left_out": p.start.left_out} if searched else {}
        ),
        **scaling,
        **p.details,
    }


def _scaling(attrs: Mapping[str, Any]) -> TargetScaling:
    numbers = {name: _tuple(attrs[name]) for name in ("center", "scale") if name in attrs}
    words = {name: str(attrs[name]) for name in _SCALING[2:] if name in attrs}
    return TargetScaling(**numbers, **words)  # pyright: ignore[reportArgumentType]


def _options(text: Any, schema: int) -> dict[str, Any]:
    try:
        options = json.loads(text)
    except (TypeError, ValueError):
        options = None
    if not isinstance(options, dict):
        raise ValueError(f"draws: expected options as a JSON object, got {text!r}")
    # before schema 2 the prior of classes was normal unless named
    old = schema < 2 and options.get("likelihood") in ("bernoulli", "categorical")
    return {"prior": "normal", **options} if old else options


def _numbers(values: Any) -> tuple[Any, ...]:
    return tuple(np.atleast_1d(np.asarray(values)).tolist())


def _tuple(value: Any) -> float | tuple[float, ...]:
    array = np.asarray(value, float)
    return float(array) if array.ndim == 0 else tuple(array.tolist())


def _plain(value: float | str | Sequence[float]) -> float | str | list[float]:
    return list(value) if isinstance(value, tuple) else value  # pyright: ignore
