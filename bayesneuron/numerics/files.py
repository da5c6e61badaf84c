"""Files written whole: the bytes are complete on the disk before they take the name."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO


def check_path(name: str, value: Any) -> Path:
    """`value` as the path of a file in a folder that exists.

    Raises
    ------
    ValueError
        If it is no path, empty, holds a null character, or is too long for the file system.
    FileNotFoundError
        If the folder does not exist.
    """
    if not isinstance(value, str | os.PathLike) or not str(value) or "\0" in str(value):
        got = repr(value) if isinstance(value, str | os.PathLike) else type(value).__name__
        raise ValueError(f"{name}: expected a path, got {got}")
    path = Path(value)
    folder = False
    try:
        folder = path.parent.is_dir()
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:  # Path.exists() hides it from Python 3.14 on
        raise ValueError(f"{name}: expected a path of a file, got {error}") from None
    if not folder:
        raise FileNotFoundError(f"{name}: folder {path.parent} does not exist")
    return path


@contextlib.contextmanager
def parsed(path: Path, kind: str) -> Iterator[None]:
    """Whatever is raised while a file is parsed becomes a ValueError of one line that names it.

    Parsers of damaged bytes raise anything: of an index, of a key, of memory, of recursion.

    Parameters
    ----------
    path : Path
    kind : str
        What was expected.

    Examples
    --------
    >>> with parsed(Path("a.json"), "JSON"):
    ...     [][0]
    Traceback (most recent call last):
        ...
    ValueError: a.json: expected JSON, got IndexError: list index out of range
    """
    try:
        yield
    except Exception as error:
        words = " ".join(str(error).split())
        ours = words.startswith(str(path)) or ": expected" in words
        if isinstance(error, ValueError) and ours:
            raise ValueError(words if path.name in words else f"{path}, {words}") from None
        shown = f"{type(error).__name__}: {words}" if words else "a damaged one"
        raise ValueError(f"{path}: expected {kind}, got {shown[:300]}") from error


def write_whole(path: str | Path, content: bytes) -> Path:
    """Write `content` to a file, which holds the old bytes until it holds all the new ones.

    The bytes go to a file beside it, are flushed to the disk, and take its name. On Linux that
    file has no name until it is complete, so that a kill leaves nothing behind. A link is followed,
    and the mode of an old file is kept. What stops the writing leaves the old file.

    Parameters
    ----------
    path : str or Path
    content : bytes

    Raises
    ------
    ValueError
        If the file cannot be written, such as on a full disk or a read-only folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "a", b"text").read_bytes()
    b'text'
    """
    path = Path(path)
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        if target.is_dir():
            raise ValueError(f"{path}: expected the path of a file, got a folder")
        mode = target.stat().st_mode & 0o7777 if target.exists() else None
        _write_part(part, content, mode)
        part.replace(target)
        _flush_folder(target.parent)
    except OSError as error:
        raise ValueError(f"{path}: expected a file that can be written, got {error}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return path


def _write_part(part: Path, content: bytes, mode: int | None) -> None:
    unnamed = getattr(os, "O_TMPFILE", None)
    if unnamed is not None:
        try:
            handle = os.open(part.parent, unnamed | os.O_WRONLY, 0o666)
        except OSError:  # not on this file system, or the folder cannot be written
            handle = None
        if handle is not None:
            with os.fdopen(handle, "wb") as file:
                _flush(file, content, mode)
                # with a folder to start from, Python asks for the file behind the link
                os.link(f"/proc/self/fd/{handle}", part, src_dir_fd=handle)
            return
    with part.open("xb") as file:
        _flush(file, content, mode)


def _flush(file: BinaryIO, content: bytes, mode: int | None) -> None:
    file.write(content)
    file.flush()
    if mode is not None:
        os.fchmod(file.fileno(), mode)
    os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """The new name, too, is on the disk; not every system can do this."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
