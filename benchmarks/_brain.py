"""People who listen to a story: their recordings, time blocks held out, and forecasters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from scipy.fft import dct, idct
from sklearn.linear_model import RidgeCV

import bayesneuron as bn

REGIONS = ("LATL", "RATL", "LPTL", "LIPL", "LPreM", "LIFG")
SOUND = ("sound_power", "word_rate")
# all people of the archive but s33, whose regions are constant
PEOPLE = (
    18, 22, 23, 24, 26, 28, 30, 31, 35, 36, 37, 38, 39, 40, 41, 42, 43, 45, 46, 47, 48, 49, 51, 52,
    53,
)  # fmt: skip
BLOCKS, GAP = 4, 10  # held out in turn; samples (about 2 s) left out on both sides of a block
HISTORY = 5  # of a region
BEFORE, AFTER = 2, 3  # samples of the regions around the one that is decoded
CUTOFF = 128 / 2  # samples: slower waves are taken from regions that decode, as SPM does
HIDDEN = 4
ALPHAS = np.logspace(0, 4, 9)

Pair = tuple[xr.DataArray, xr.DataArray]
Forecaster = Callable[[Pair, Pair], np.ndarray]


@cache
def run(person: int) -> xr.DataArray:
    """All channels of a person, (time, channel)."""
    return bn.datasets.listening(person, channels=(*REGIONS, *SOUND))


@dataclass(frozen=True)
class Block:
    """One block of time that is held out."""

    start: int
    stop: int
    count: int

    def pieces(self) -> list[slice]:
        """The runs of samples that are trained on."""
        both = slice(0, max(0, self.start - GAP)), slice(self.stop + GAP, self.count)
        return [piece for piece in both if len(range(self.count)[piece]) > 2 * HISTORY]

    def held_out(self) -> list[slice]:
        return [slice(self.start, self.stop)]


def blocks(count: int = 362) -> list[Block]:
    edges = np.linspace(0, count, BLOCKS + 1).astype(int)
    return [Block(int(a), int(b), count) for a, b in pairwise(edges)]


def joined(values: dict[int, np.ndarray], pieces: list[slice], names: Any) -> xr.DataArray:
    """Pieces of all people, each a recording of its own."""
    parts = [(f"{p} {piece.start}", v[piece]) for p, v in values.items() for piece in pieces]
    labels = np.repeat([label for label, _ in parts], [len(part) for _, part in parts])
    return xr.DataArray(
        np.concatenate([part for _, part in parts]),
        dims=("time", "channel"),
        coords={"channel": list(names), "recording": ("time", labels)},
    )


def standardised(values: np.ndarray, pieces: list[slice]) -> np.ndarray:
    """By the samples of the training pieces alone."""
    known = np.concatenate([values[piece] for piece in pieces])
    return (values - known.mean(axis=0)) / known.std(axis=0)


def sound(person: int, shift: int, names: tuple[str, ...] = SOUND) -> np.ndarray:
    """Of the audio, (time, name), moved round by a shift."""
    return np.roll(run(person).sel(channel=list(names)).values, shift, axis=0)


def forecasting(region: str, block: Block, shift: int | None) -> tuple[Pair, Pair]:
    """Windows of one region of all people, with the sound (moved round) unless shift is None.

    The mean of every window is taken off, so that slow drifts are: nothing of the future is used.
    """
    pieces, held = block.pieces(), block.held_out()
    own = {p: standardised(run(p).sel(channel=[region]).values, pieces) for p in PEOPLE}
    heard = None if shift is None else {p: standardised(sound(p, shift), pieces) for p in PEOPLE}
    known = [
        {} if heard is None else {"exogenous": joined(heard, part, SOUND)}
        for part in (pieces, held)
    ]
    train = bn.windows(joined(own, pieces, [region]), HISTORY, local="mean", **known[0])
    test = bn.windows(joined(own, held, [region]), HISTORY, standardize=train[0], **known[1])
    return train, test


def beside(own: Pair, known: Pair) -> Pair:
    """The windows of `own` with the columns that `known` has beside its windows."""
    x = np.concatenate([own[0].values, known[0].values[:, HISTORY:]], axis=1)
    columns = xr.DataArray(x, dims=own[0].dims, coords={"recording": own[1]["recording"]})
    return columns, own[1]


def decoding(block: Block, shift: int) -> tuple[Pair, Pair]:
    """The sound power at a sample, and the regions from BEFORE it to AFTER it.

    Nothing of the past of the power is in a row.
    Slow waves are taken from each region over the whole run, inputs that are held out included.
    """
    pieces, held = block.pieces(), block.held_out()
    regions = {p: standardised(without_drift(run(p).values[:, :6]), pieces) for p in PEOPLE}
    power = {p: standardised(sound(p, shift, SOUND[:1]), pieces) for p in PEOPLE}

    def rows(part: list[slice], scale: Any) -> Pair:
        x, y = bn.windows(
            joined(power, part, SOUND[:1]), BEFORE, AFTER + 1, standardize=scale,
            exogenous=joined(regions, part, REGIONS),
        )  # fmt: skip
        whole.append(x)
        own = [not str(name).startswith(SOUND[0]) for name in x["input_name"].values]
        return x[:, own].drop_attrs(), y[:, :1].drop_attrs()

    whole: list[xr.DataArray] = []
    train = rows(pieces, True)
    return train, rows(held, whole[0])


def without_drift(values: np.ndarray) -> np.ndarray:
    """Without cosines slower than the cutoff, (time, channel)."""
    waves = dct(values, axis=0, norm="ortho")
    waves[: int(2 * len(values) / CUTOFF) + 1] = 0.0
    return idct(waves, axis=0, norm="ortho")


def by_person(rows: xr.DataArray) -> Iterator[np.ndarray]:
    """Places of the rows of each person."""
    own = np.array([int(str(label).split()[0]) for label in rows["recording"].values])
    for person in PEOPLE:
        yield np.flatnonzero(own == person)


def network(train: Pair, test: Pair) -> np.ndarray:
    """One small network for all people, with a direct linear path, by Laplace."""
    x, y = (part[-_even(len(part)) :] for part in train)
    model = bn.load("two_layer", inputs=x.shape[1], hidden=HIDDEN, outputs=1, skip=True)
    draws = bn.laplace(model, x.drop_attrs(), y.drop_attrs(), samples=100, starts=1, seed=0)
    mean = bn.predict(draws, test[0].drop_attrs()).predictions["mean"]
    return mean.mean(("chain", "draw")).values


def _even(count: int) -> int:
    """The same number of rows in every block, so that programs are compiled once."""
    return count // 500 * 500


def ridge(train: Pair, test: Pair) -> np.ndarray:
    """One ridge regression for all people, its penalty by leave-one-out."""
    fitted = RidgeCV(alphas=ALPHAS).fit(train[0].values, train[1].values[:, 0])
    return fitted.predict(test[0].values)[:, None]


def own_ridge(train: Pair, test: Pair) -> np.ndarray:
    """A ridge regression for each person."""
    ahead = np.full(test[1].shape, np.nan)
    for rows, new in zip(by_person(train[0]), by_person(test[0]), strict=True):
        x, y = (part.values[rows] for part in train)
        fitted = RidgeCV(alphas=ALPHAS).fit(x, y[:, 0])
        ahead[new] = fitted.predict(test[0].values[new])[:, None]
    return ahead


def persistence(train: Pair, test: Pair) -> np.ndarray:
    """The last sample of the window."""
    return test[0].values[:, HISTORY - 1 : HISTORY]
