"""A model file is Python code, and is executed as an import would."""

import importlib.util
from pathlib import Path
from types import ModuleType


def run_file(name: str, path: Path) -> ModuleType:
    """The module of a file, under `name`.

    Raises
    ------
    ValueError
        If it is no Python file, or what it does fails.
    """
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"load: expected a Python file, got {str(path)!r}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever a user's file does
        raise ValueError(
            f"load: expected a Python file that runs, got {type(error).__name__} in {path}: {error}"
        ) from error
    return module
