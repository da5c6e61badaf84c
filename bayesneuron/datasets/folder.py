"""Files of public data sets: read from the user's folder, or downloaded, always checked."""

import hashlib
import importlib.resources
import os
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import pooch

VARIABLE = "BAYESNEURON_DATA"


def folder() -> Path:
    """Where data files are: ``$BAYESNEURON_DATA``, or the user's cache."""
    return Path(os.environ.get(VARIABLE) or pooch.os_cache("bayesneuron"))


def checksums() -> dict[str, str]:
    """SHA-256 of every known file, by its path in the folder."""
    lines = importlib.resources.files("bayesneuron.datasets").joinpath("registry.txt").read_text()
    return dict(line.split() for line in lines.splitlines())  # pyright: ignore[reportReturnType]


def known(name: str) -> str:
    """The checksum of a file, or a ValueError that names the known ones."""
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
    digest = pooch.file_hash(str(path))
    if digest != expected:
        raise ValueError(f"{path}: expected SHA-256 {expected}, got {digest}")
    return path


def download(address: str, name: str) -> Path:
    """Download a zip archive that holds `name`, and keep the known files of that data set in it.

    The archive's own hash need not be known: only files whose SHA-256 is the published one are
    kept, matched by the end of their path in any top folder. Files are written whole or not at
    all, and those already there stay.

    Raises
    ------
    ValueError
        If the download fails, it is no zip archive, or the published file is not in it.
    """
    known(name)
    try:
        folder().mkdir(parents=True, exist_ok=True)
        # beside the files' place, so that a move is a rename
        with tempfile.TemporaryDirectory(dir=folder(), prefix=".download-") as space:
            archive = pooch.retrieve(address, known_hash=None, path=space, fname="archive.zip")
            _unpack(Path(archive), name.split("/")[0])
    except OSError as error:  # of the network (requests) or of the folder
        raise ValueError(f"{address}: download failed: {error}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise ValueError(f"{address}: expected a zip archive: {error}") from None
    path = present(name)
    if path is None:
        raise ValueError(f"{address}: expected the published {name} in the archive, got none")
    return path


def _unpack(archive: Path, dataset: str) -> None:
    wanted = {k: v for k, v in checksums().items() if k.startswith(f"{dataset}/")}
    with zipfile.ZipFile(archive) as packed:
        for name, expected in wanted.items():
            path, end = folder() / name, PurePosixPath(name).relative_to(dataset).parts
            for member in packed.namelist():
                if path.exists() or PurePosixPath(member).parts[-len(end) :] != end:
                    continue
                content = packed.read(member)
                if hashlib.sha256(content).hexdigest() == expected:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    whole = archive.with_name("file")
                    whole.write_bytes(content)
                    whole.replace(path)
