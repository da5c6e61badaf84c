"""Import every module of the installed package; run outside the repository."""

import importlib
import pkgutil
import sys

import bayesneuron


def main() -> None:
    """Fail on the first module that does not import, and if a model or the data are missing."""
    names = [m.name for m in pkgutil.walk_packages(bayesneuron.__path__, "bayesneuron.")]
    modules = [name for name in names if not name.endswith("__main__")]
    for name in modules:
        importlib.import_module(name)
    shipped = {f"bayesneuron.models.{model}" for model in bayesneuron.available_models()}
    if not shipped or not shipped <= set(modules):
        sys.exit(f"models missing from the wheel: {sorted(shipped - set(modules))}")
    bayesneuron.datasets.walking()  # package data
    sys.stdout.write(f"{len(modules)} modules imported from {bayesneuron.__path__[0]}\n")


main()
