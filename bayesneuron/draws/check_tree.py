"""A tree at the boundary, where a path is given by mistake."""

from pathlib import Path
from typing import Any

import xarray as xr


def check_tree(draws: Any, name: str = "draws") -> None:
    """Raise ValueError unless `draws` are a DataTree; of a path it says what reads it."""
    if not isinstance(draws, xr.DataTree):
        a_path = isinstance(draws, str | Path)
        got = f"the path {str(draws)!r}: see bn.open" if a_path else type(draws).__name__
        raise ValueError(f"{name}: expected a DataTree of draws, got {got}")
