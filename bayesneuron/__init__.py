"""bayesneuron: the posterior of every neuron of a neural network.

Reading order: `load` a model, estimate it with `bootstrap`, `svi`, `nuts`, `laplace` or
`ensemble`, remove its symmetry with `align`, read its `neurons`, `diagnose` and `compare` the
estimates; then see the neurons as a `graph`, find `communities` and `relevance`, and `merge`,
`prune` or `reduce` the network. Families of functions are in namespaces (`datasets`, `distances`,
`plot`, ...), classes of results in `results`.
"""

import threading as _threading
import warnings as _warnings
from importlib import import_module as _import_module
from importlib.metadata import version as _version

import lazy_loader as _lazy_loader

__version__ = _version("bayesneuron")

# Names and their modules are read from __init__.pyi, and imported when they are first asked for.
with _warnings.catch_warnings():  # EAGER_IMPORT=1 imports them now
    _from_stub, _, _names = _lazy_loader.attach_stub(__name__, __file__)
_renamed = {"plot": "plots", "plots": "plots", "results": "app.results"}  # modules
__all__ = sorted({*_names, "plot", "results"})  # pyright: ignore[reportUnsupportedDunderAll]
_importing = _threading.RLock()  # filters of warnings belong to the process, not to a thread


def __getattr__(name: str) -> object:
    """Import a public name; what is imported adds filters that are the user's to choose."""
    if name not in _names and name not in _renamed:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with _importing, _warnings.catch_warnings():
        if name in _renamed:
            value = _import_module(f"{__name__}.{_renamed[name]}")
        else:
            value = _from_stub(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Only what is public."""
    return [*__all__, "__all__", "__doc__", "__version__"]
