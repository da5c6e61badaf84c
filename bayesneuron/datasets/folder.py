"""Files of public data sets: found in a folder of the user's, or downloaded, always checked."""

import importlib.resources
import os
from pathlib import Path

import pooch

VARIABLE = "BAYESNEURON_DATA"


def folder() -> Path:
    """Where data files lie: ``$BAYESNEURON_DATA``, or the user's cache."""
    return Path(os.environ.get(VARIABLE) or pooch.os_cache("bayesneuron"))


def checksums() -> dict[str, str]:
    """SHA-256 of every known file, by its path in the folder."""
    lines = importlib.resources.files("bayesneuron.datasets").joinpath("registry.txt").read_text()
    return dict(line.split() for line in lines.splitlines())  # pyright: ignore[reportReturnType]


def known(name: str) -> str:
    """The checksum of a file, or ValueError naming those that there are."""
    registry = checksums()
    if name not in registry:
        siblings = sorted(k for k in registry if k.split("/")[0] == name.split("/")[0])
        raise ValueError(f"expected one of {siblings}, got {name!r}")
    return registry[name]


def present(name: str) -> Path | None:
    """A checked file of the folder, or None where it is not there.

    Raises
    ------
    ValueError
        If the file is there but is not the published one.
    """
    path, expected = folder() / name, known(name)
    if not path.is_file():
        return None
    found = pooch.file_hash(str(path))
    if found != expected:
        raise ValueError(f"{path}: expected SHA-256 {expected}, got {found}")
    return path
