"""A folder of results that appears whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def staged(folder: str | Path) -> Iterator[Path]:
    """Yield an empty folder whose files move to `folder` when the block ends without an error.

    Files of earlier runs with other names stay; those with the same names are replaced.

    Raises
    ------
    ValueError
        If `folder` is a file, or cannot be made.
    """
    target = Path(folder).resolve()
    if target.exists() and not target.is_dir():
        raise ValueError(f"{folder}: expected a folder for the output, got a file")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    except OSError as error:
        raise ValueError(f"{folder}: expected a folder that can be written: {error}") from None
    try:
        yield work
        for source in sorted(p for p in work.rglob("*") if p.is_file()):
            place = target / source.relative_to(work)
            place.parent.mkdir(parents=True, exist_ok=True)
            source.replace(place)
    finally:
        shutil.rmtree(work, ignore_errors=True)
