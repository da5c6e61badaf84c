"""Draws are kept as each method ends, and read again when an interrupted run goes on."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.app.files import MARK, RUN, SUMMARY
from bayesneuron.app.of_estimates import versions
from bayesneuron.app.settings import Settings
from bayesneuron.app.terminal import say
from bayesneuron.data import as_series
from bayesneuron.draws.fingerprint import fingerprint_of
from bayesneuron.draws.provenance import SCHEMA
from bayesneuron.draws.storage import DIGEST, save
from bayesneuron.draws.storage import open as read_draws
from bayesneuron.inference.work import SOFTWARE
from bayesneuron.numerics.files import write_whole

UNFINISHED = "unfinished"  # folder inside that of a finished run, which stays whole meanwhile


@dataclass
class Kept:
    """The finished methods of one run, in its output folder.

    Attributes
    ----------
    folder : Path
        Of the output. While it holds a finished run, new draws go to ``unfinished`` inside.
    resume : bool
        Whether methods that are done are read.
    same : dict of str to str
        What the run is, so that the same values give the same draws.
    done : dict of str to dict
        By method: ``options``, ``sha256``, ``seconds`` and ``warnings``.
    before : float
        Seconds that the methods took that were read.
    """

    folder: Path
    resume: bool = False
    same: dict[str, str] = field(default_factory=dict)
    done: dict[str, dict[str, Any]] = field(default_factory=dict)
    before: float = 0.0
    _read: dict[str, tuple[Path, dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        finished = (self.folder / SUMMARY).is_file()
        self.place = self.folder / UNFINISHED if finished else self.folder

    def begin(self, same: Mapping[str, str], options: Mapping[str, str]) -> None:
        """Find what is done of this run.

        Parameters
        ----------
        same : mapping of str to str
            See `identity`.
        options : mapping of str to str
            By method.

        Raises
        ------
        ValueError
            If the folder holds another run; names what differs.
        """
        self.same = dict(same)
        if not self.resume:
            return
        places = [p for p in (self.folder / UNFINISHED, self.folder) if (p / RUN).is_file()]
        if not places:
            say(f"Nothing to resume in {self.folder}: a new run.", stderr=True)
        for i, place in enumerate(places):
            state = _state(place / RUN)
            there = state["same"] | _named(state["methods"], options)
            here = self.same | {f"options of {m}": options[m] for m in options}
            differs = {k: v for k, v in there.items() if here.get(k) != v}
            if differs and i == 0:
                raise ValueError(_refusal(place, differs, here))
            if not differs:
                self._read = {m: (place, of) for m, of in state["methods"].items()} | self._read

    def read(self, method: str) -> xr.DataTree | None:
        """The draws of a method that is done, else None.

        Raises
        ------
        ValueError
            If its file is not the one that was written.
        """
        if method not in self._read:
            return None
        place, of = self._read[method]
        path = place / f"{method}.nc"
        if not path.is_file():
            return None
        if _digest(path) != of["sha256"]:
            raise ValueError(f"resume: expected {path} as it was saved, got another file")
        self.done[method] = of
        self.before += of["seconds"]
        return read_draws(path)

    def keep(self, method: str, draws: xr.DataTree, **details: Any) -> None:
        """Write the draws of a method that has just ended, and that it is done."""
        self.place.mkdir(parents=True, exist_ok=True)
        path = save(draws, self.place / f"{method}.nc")
        self.done[method] = {**details, "sha256": _digest(path)}
        here = {m: of for m, of in self.done.items() if (self.place / f"{m}.nc").is_file()}
        self._write(self.place, here)

    def finish(self, folder: Path) -> None:
        """Say in the folder of the whole run what it is."""
        done = {m: {**of, "sha256": _digest(folder / f"{m}.nc")} for m, of in self.done.items()}
        self._write(folder, done)

    def clear(self) -> None:
        """Remove what is no longer needed once the run is whole."""
        shutil.rmtree(self.folder / UNFINISHED, ignore_errors=True)

    @property
    def words(self) -> str:
        """What is saved and how to go on, in one line."""
        if not self.done:
            return "Stopped before any method was done: nothing is saved."
        names = ", ".join(f"{method}.nc" for method in self.done)
        return f"Stopped. Saved in {self.place}: {names}. The same command with --resume goes on."

    def _write(self, folder: Path, done: Mapping[str, Any]) -> None:
        state = {"mark": MARK, "same": self.same, "methods": done}
        write_whole(folder / RUN, (json.dumps(state, indent=1) + "\n").encode())


def identity(
    settings: Settings, series: Any, exogenous: Any, train: tuple[xr.DataArray, xr.DataArray]
) -> dict[str, str]:
    """What makes two runs the same but for their methods: by name, as text.

    Parameters
    ----------
    settings : Settings
    series, exogenous : array_like or None
    train : pair of DataArray
        Windows and targets.
    """
    left_out = ("methods", "options")
    values = {f.name: getattr(settings, f.name) for f in fields(settings)}
    known = np.asarray([] if exogenous is None else exogenous)
    x, y = train
    return {
        **{name: repr(value) for name, value in values.items() if name not in left_out},
        "data": fingerprint_of(np.asarray(as_series(series)), np.asarray(known)),
        "windows": fingerprint_of(np.asarray(x), np.asarray(y)),
        "source": str(y.attrs.get("source", "")),
        "units": str(y.attrs.get("units", "")),
        "schema": str(SCHEMA),
        **{f"version of {name}": of for name, of in versions().items() if name in SOFTWARE},
    }


def _named(done: Mapping[str, Any], options: Mapping[str, str]) -> dict[str, str]:
    return {f"options of {m}": of["options"] for m, of in done.items() if m in options}


def _refusal(place: Path, there: Mapping[str, str], here: Mapping[str, str]) -> str:
    parts = [f"{name} {here.get(name, 'none')} (there {of})" for name, of in there.items()]
    return f"resume: expected the run that {place} holds, got another {'; '.join(parts)}"


def _state(path: Path) -> dict[str, Any]:
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        return {"same": dict(state["same"]), "methods": dict(state["methods"])}
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"resume: expected what a run has written, got {path}") from None


def _digest(path: Path) -> str:
    return path.read_bytes()[-DIGEST:].decode("ascii", errors="replace")
