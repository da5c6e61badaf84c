"""Import every module of the installed package; run outside the repository.

A module for another library (an extra, such as sktime) may ask for that library and nothing else.
"""

import importlib
import importlib.metadata
import pkgutil
import re
import sys

import bayesneuron


def optional_libraries() -> set[str]:
    """Names of the packages that only an extra asks for."""
    needs = importlib.metadata.requires("bayesneuron") or []
    extras = [need for need in needs if "extra ==" in need]
    return {re.split(r"[^\w.-]", need, maxsplit=1)[0] for need in extras}


def main() -> None:
    """Fail on the first module that does not import, and if a model or the data are missing."""
    optional, asking = optional_libraries(), []
    names = [m.name for m in pkgutil.walk_packages(bayesneuron.__path__, "bayesneuron.")]
    modules = [name for name in names if not name.endswith("__main__")]
    for name in modules:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name not in optional:
                raise
            asking.append(f"{name} asks for {error.name}")
    shipped = {f"bayesneuron.models.{model}" for model in bayesneuron.available_models()}
    if not shipped or not shipped <= set(modules):
        sys.exit(f"models missing from the wheel: {sorted(shipped - set(modules))}")
    bayesneuron.datasets.walking()  # package data
    count = len(modules) - len(asking)
    sys.stdout.write(f"{count} modules imported from {bayesneuron.__path__[0]}\n")
    sys.stdout.write("".join(f"{line}, an extra\n" for line in asking))


main()
