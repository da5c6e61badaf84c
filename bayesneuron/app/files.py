"""A folder of results that is complete before it appears."""

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

MARK = "<!-- written by bayesneuron -->"  # in every summary, so that no other file is replaced
SUMMARY = "summary.md"
RUN = "run.json"  # what the run is, and which of its methods are done


@contextmanager
def staged(folder: str | Path, *, parts: Sequence[str] = (".",)) -> Iterator[Path]:
    """Yield an empty folder whose files move to `folder` when the block ends without an error.

    A new folder appears with all of its files at once. In the folder of an earlier run each file is
    replaced by itself, one after another, once all are complete; files with other names stay.

    Parameters
    ----------
    folder : str or Path
    parts : sequence of str
        Folders inside it that each get a ``summary.md``.

    Raises
    ------
    ValueError
        If `folder` is a file, cannot be made or written, or holds files but no summary of an
        earlier run. What an earlier run has left stays.
    """
    target = Path(folder).resolve()
    if target.exists() and not target.is_dir():
        raise ValueError(f"{folder}: expected a folder for the output, got a file")
    for part in parts:
        _check_ours(target / part)
    # inside an existing folder, which may lie on another disk than the one that holds it
    place = target if target.exists() else target.parent
    work = place / f".{target.name}.{secrets.token_hex(4)}"
    try:
        work.mkdir(parents=True)
    except OSError as error:
        raise ValueError(f"{folder}: expected a folder that can be written: {error}") from None
    try:
        yield work
        if target.exists():
            _move(work, target)
        else:
            work.replace(target)
    except OSError as error:  # such as a full disk
        raise ValueError(f"{folder}: expected a folder that can be written, got {error}") from error
    finally:
        with suppress(OSError):
            shutil.rmtree(work, ignore_errors=True)


def _check_ours(folder: Path) -> None:
    """Refuse a folder with files that are not those of an earlier run."""
    if not folder.is_dir():
        return
    files = sorted(p.name for p in folder.iterdir() if p.is_file() and p.name[0] != ".")
    if files and not is_ours(folder):
        raise ValueError(
            f"{folder}: expected a new folder, an empty one or that of an earlier run, "
            f"got one with {files[0]}"
        )


def is_ours(folder: Path, names: Sequence[str] = (SUMMARY, RUN)) -> bool:
    """Whether a run, finished or not, has written into a folder."""
    found = (folder / name for name in names if (folder / name).is_file())
    return any(MARK in path.read_text(encoding="utf-8", errors="replace") for path in found)


def _move(work: Path, target: Path) -> None:
    for source in sorted(p for p in work.rglob("*") if p.is_file()):
        place = target / source.relative_to(work)
        place.parent.mkdir(parents=True, exist_ok=True)
        source.replace(place)
