"""Load a network: a NumPyro model, its options bound, with its neuron layout."""

import html
import importlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from bayesneuron.network.layout import Layout
from bayesneuron.network.model_file import run_file
from bayesneuron.network.shipped_options import check_shipped
from bayesneuron.network.travelling import Travelling
from bayesneuron.numerics import display

SHIPPED = ("elman", "gru", "lstm", "mlp", "nonlinear_pca", "rnn", "two_layer")


@dataclass(frozen=True, repr=False)
class Model:
    """A network ready for estimation.

    ``str(model)`` is the call that loads it, ``repr(model)`` shows its layers as well.

    Attributes
    ----------
    name, options : str, mapping
        Name of the shipped model or of the function, or path of the file; what is bound to it.
    function : callable
        The NumPyro model, ``function(x, y=None)``.
    layout : Layout
        Where its neurons are.
    shipped : bool
        Whether ``load(name, **options)`` alone recreates it.

    Examples
    --------
    >>> load("two_layer", inputs=3, hidden=2, outputs=1).name
    'two_layer'
    """

    name: str
    options: Mapping[str, Any]
    function: Callable[..., None]
    layout: Layout
    shipped: bool

    def __hash__(self) -> int:
        return hash(self._identity())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self._identity() == other._identity()

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process a shipped network goes by name, another with its function."""
        function = Travelling(self.body, self.options)
        own = Model, (self.name, self.options, function, self.layout, False)
        return (partial(load, self.name, **self.options), ()) if self.shipped else own

    def __str__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"{self.name}({options})"

    def __repr__(self) -> str:
        return "\n".join([self._head(), *(f"  {line}" for line in self._layers())])

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(line)}</li>" for line in self._layers())
        return f"<code>{html.escape(self._head())}</code><ul>{items}</ul>"

    def _head(self) -> str:
        """The call that loads it, long sequences cut short."""
        options = ", ".join(f"{name}={_short(value)}" for name, value in self.options.items())
        return f"{self.name}({options})"

    def _layers(self) -> list[str]:
        """One line per layer that receives weights: its symmetry, what it reads and sends."""
        layout, lines = self.layout, []
        for layer in layout.of_neurons:
            axes = [a for a in layout.axes(layer) if a.site not in layout.auxiliary]
            parts = [
                f"{role} {', '.join(dict.fromkeys(a.site for a in axes if a.role == role))}"
                for role in ("incoming", "outgoing")
                if any(a.role == role for a in axes)
            ]
            kind = f" ({layout.layers[layer]})" if layer in layout.hidden else ""
            lines.append(f"{layer}{kind}: {'; '.join(parts)}")
        if len(lines) > display.ROWS:
            half = display.ROWS // 2
            between = f"… {len(lines) - 2 * half} more layers"
            lines = [*lines[:half], between, *lines[-half:]]
        return lines

    @property
    def body(self) -> Callable[..., None]:
        """The function without its options."""
        return self.function.func if isinstance(self.function, partial) else self.function

    def _identity(self) -> tuple[object, ...]:
        return (
            self.body,
            json.dumps(self.options, sort_keys=True, default=repr),
            self.layout.to_json(),
        )


def _short(value: object) -> str:
    """An option as it prints: of a long sequence the first and the last few items."""
    if isinstance(value, list | tuple) and len(value) > 6:
        return f"({display.listed([repr(item) for item in value])})"
    return repr(value)


def load(
    source: str | Path | Callable[..., None],
    *,
    layout: Layout | Callable[..., Layout] | None = None,
    **options: Any,
) -> Model:
    """Load a shipped network, a model file, or a NumPyro model function.

    Parameters
    ----------
    source : str, Path or callable
        Name of a shipped model (`available_models`), path of a ``.py`` file that defines
        ``model(x, y=None, *, ...)`` and ``layout(*, ...)``, or such a model function.
    layout : Layout or callable, optional
        Required for a function, or a function ``layout(*, ...)`` that returns it; for a file it
        replaces the file's own.
    **options
        Options of the model. The layout function receives those that it names.

    Returns
    -------
    Model

    Raises
    ------
    ValueError
        If the source is unknown, an option is unknown or missing, or there is no layout.

    Notes
    -----
    A model file is Python code and is executed, as an import would.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=10, hidden=3, outputs=1, activation="tanh")
    >>> model.layout.symmetry("hidden")
    'sign'
    """
    if callable(source):
        if layout is None:
            raise ValueError(
                "load: expected layout=, a Layout or a function that returns it, with a model "
                "function, got none"
            )
        name = getattr(source, "__name__", type(source).__name__)
        return _bind(name, source, layout, options, shipped=False)
    module = _module(source)
    if not callable(getattr(module, "model", None)):
        raise ValueError(f"{source}: expected a function model(x, y=None, *, ...), found none")
    shipped = layout is None and str(source) in available_models()
    if layout is None:
        layout = getattr(module, "layout", None)
        if not callable(layout):
            raise ValueError(f"{source}: expected a function layout(*, ...), found none")
    return _bind(str(source), module.model, layout, options, shipped=shipped)


def with_options(model: Model, **changes: Any) -> Model:
    """The same network with some options changed; its layout, which names no sizes, stays.

    Examples
    --------
    >>> wide = load("two_layer", inputs=10, hidden=3, outputs=1)
    >>> dict(with_options(wide, hidden=2).options)["hidden"]
    2
    """
    options = {**model.options, **changes}
    return _bind(model.name, model.body, model.layout, options, shipped=model.shipped)


def available_models() -> tuple[str, ...]:
    """Names of the shipped models.

    Examples
    --------
    >>> "two_layer" in available_models()
    True
    """
    return SHIPPED


def _module(source: str | Path) -> ModuleType:
    if str(source) in available_models():
        return _shipped(str(source))
    if not isinstance(source, str | Path):
        raise ValueError(
            f"load: expected the name of a model, a file or a function, got {type(source).__name__}"
        )
    path = Path(source)
    if path.suffix != ".py" or not path.is_file():
        folder = "the folder " * path.is_dir()
        raise ValueError(
            f"load: expected a shipped model {list(available_models())} or a .py file, "
            f"got {folder}{str(source)!r}"
        )
    return run_file(f"bayesneuron_user_{path.stem}", path)


def _shipped(name: str) -> ModuleType:
    """A network by its name in the fixed list.

    In a checkout that is on the path but not installed, `models` lies beside the package.
    """
    full = f"bayesneuron.models.{name}"
    try:
        return importlib.import_module(full)
    except ModuleNotFoundError as error:
        if error.name != "bayesneuron.models":
            raise
    return run_file(full, Path(__file__).parents[2] / "models" / f"{name}.py")


def _bind(
    name: str,
    function: Callable[..., None],
    layout: Layout | Callable[..., Layout],
    options: dict[str, Any],
    *,
    shipped: bool,
) -> Model:
    _check_options(name, function, options)
    if callable(layout):
        layout = _called(name, layout, options)
    if shipped:
        check_shipped(options)
    if not isinstance(layout, Layout):
        raise ValueError(f"{name}: expected a bayesneuron.Layout, got {type(layout).__name__}")
    _check_widths(name, function, layout)
    return Model(name, dict(options), partial(function, **options), layout, shipped)


def _called(name: str, layout: Callable[..., Layout], options: dict[str, Any]) -> Layout:
    """What the layout function returns for those of the options that it names."""
    parameters = inspect.signature(layout).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        options = {k: v for k, v in options.items() if k in parameters}
    try:
        inspect.signature(layout).bind(**options)
    except TypeError as error:
        raise ValueError(
            f"{name}: expected a layout function of some of the options, got {error}"
        ) from None
    try:
        return layout(**options)
    except ValueError:  # the layout's own words
        raise
    except Exception as error:
        raise ValueError(
            f"{name}: expected a layout function that runs, got {type(error).__name__}: {error}"
        ) from error


def _check_options(name: str, function: Callable[..., None], options: dict[str, Any]) -> None:
    try:
        inspect.signature(function).bind_partial(None, None)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: expected a function model(x, y=None), got {error}") from None
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    known = {p.name: p for p in parameters if p.kind is p.KEYWORD_ONLY}
    unknown = sorted(set(options) - set(known))
    missing = sorted(k for k, p in known.items() if p.default is p.empty and k not in options)
    if unknown:
        raise ValueError(f"{name}: expected options {sorted(known)}, got unknown {unknown}")
    if missing:
        raise ValueError(f"{name}: expected options {missing}, got none of them")


def _check_widths(name: str, function: Callable[..., None], layout: Layout) -> None:
    """Every option that the layout declares for a width is one of the model's."""
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    known = sorted(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)
    declared = {
        option if isinstance(option, str) else option[0] for option in layout.widths.values()
    }
    unknown = sorted(declared - set(known))
    if unknown:
        raise ValueError(f"{name}, widths: expected options {known}, got unknown {unknown}")
