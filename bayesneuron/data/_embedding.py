"""Width and delay of windows that unfold the trajectory of a series."""

from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.data.embedding_result import Embedding
from bayesneuron.data.mutual_information import autocorrelation, first_minimum, mutual_information
from bayesneuron.data.neighbours import follow_neighbours
from bayesneuron.data.recordings import by_recording, recording_lengths, recording_of
from bayesneuron.data.series import as_series
from bayesneuron.data.surrogates import gaussian_process
from bayesneuron.numerics.arrays import check_all_finite
from bayesneuron.numerics.checks import check_count, check_positive, check_seed, check_within

FEWEST = 50  # pairs of samples, and points at the largest width
FEW = 500  # points followed in each Gaussian series
STEPS = (100, 10)  # longest delay: so many samples, and no more than this part of a recording


def embedding(
    series: Any,
    *,
    max_delay: int | None = None,
    max_width: int = 10,
    delay: int | None = None,
    theiler: int | None = None,
    surrogates: int = 19,
    most: int = 2000,
    seed: int = 0,
) -> Embedding:
    """Choose the delay and the width of windows, and say how sure the choice is.

    Parameters
    ----------
    series : DataArray, Series or array_like, shape (time,)
        Recordings (coordinate ``recording``) are pieces of one trajectory, one of them of 100
        samples or more.
    max_delay : int, optional
        By default 100, and at most a tenth of the longest recording.
    max_width : int
    delay : int, optional
        Taken as it is, where it is known: 1 for a map.
    theiler : int, optional
        Points of one recording no further apart in time, in samples, are no neighbours. By default
        the delay.
    surrogates : int
        Gaussian series of the same autocorrelation beside which Cao's E2 is set; 0 for none.
    most : int
        Pairs of samples and points that are used, drawn at random where there are more.
    seed : int

    Returns
    -------
    Embedding

    Raises
    ------
    ValueError
        As `bayesneuron.as_series`, or if the series has several channels, is constant or too short,
        or an argument is not valid.

    Notes
    -----
    The delay is that of the first minimum of the average mutual information, by nearest neighbours
    (Kraskov); where it has none before it is lost in chance, that at which the autocorrelation
    falls below 1/e. The width is the first at which at most 1% of neighbours are false, and the
    first from which Cao's E1 is within a tenth of its level at the largest widths; the larger of
    the two. A network may well read other windows; these are the least that unfold a trajectory
    without noise.

    References
    ----------
    Fraser, Swinney, Phys. Rev. A 1986; Kraskov, Stögbauer, Grassberger, Phys. Rev. E 2004; Kennel,
    Brown, Abarbanel, Phys. Rev. A 1992; Cao, Physica D 1997; Theiler et al., Physica D 1992.

    Examples
    --------
    >>> wave = np.sin(0.16 * np.arange(600))
    >>> found = embedding(wave, max_delay=20, max_width=5, surrogates=0)
    >>> found.width
    2
    """
    check_positive(max_width=max_width, most=most, **({} if delay is None else {"delay": delay}))
    check_count(surrogates=surrogates, **({} if theiler is None else {"theiler": theiler}))
    check_seed(seed)
    data = _checked(series)
    pieces = by_recording(data.to_numpy(), recording_lengths(recording_of(data), len(data)))
    longest = max(map(len, pieces))
    if max_delay is None:
        max_delay = max(1, min(STEPS[0], longest // STEPS[1]))
    check_within("max_delay", max_delay, 1, max(1, longest - FEWEST))
    delays = np.arange(1, max_delay + 1)
    information, chance = mutual_information(pieces, delays, most=most, seed=seed)
    memory = autocorrelation(pieces, delays)
    fallen = np.flatnonzero(memory < np.exp(-1))
    by_memory = int(delays[fallen[0]]) if len(fallen) else None
    minimum = first_minimum(information, chance)
    by_information = None if minimum is None else int(delays[minimum])
    given = delay is not None
    chosen = next(d for d in (delay, by_information, by_memory, max_delay) if d is not None)
    points = sum(max(0, len(piece) - (max_width + 1) * chosen) for piece in pieces)
    if points < FEWEST:
        raise ValueError(
            f"series: expected at least {FEWEST} points of width {max_width + 1} at delay {chosen},"
            f" got {points}; a smaller max_width or delay needs fewer samples"
        )
    far = (longest - (max_width + 1) * chosen - 1) // 2  # so that every point has one as far
    apart = min(chosen, max(far, 0)) if theiler is None else theiler
    if apart > max(far, 0):
        raise ValueError(f"theiler: expected at most {far} for so many samples, got {apart}")
    widths = np.arange(1, max_width + 2)
    rng = np.random.default_rng(seed)
    options: dict[str, Any] = {"theiler": apart, "rng": rng}
    false, growth, step = follow_neighbours(pieces, widths, chosen, most=most, **options)
    process = gaussian_process([piece[:, None] for piece in pieces]) if surrogates else None
    null = []
    for _ in range(surrogates):
        assert process is not None
        lengths = [len(piece) for piece in pieces]
        drawn = by_recording(process.draw(lengths, 1, rng)[0, :, 0], np.array(lengths))
        _, _, other = follow_neighbours(drawn, widths, chosen, most=min(most, FEW), **options)
        null.append(other[1:] / other[:-1])
    return Embedding(
        delays=delays,
        information=information,
        chance=chance,
        autocorrelation=memory,
        by_information=by_information,
        by_memory=by_memory,
        delay=int(chosen),
        given=given,
        widths=widths[:-1],
        false_neighbours=false[:-1],
        e1=growth[1:] / growth[:-1],
        e2=step[1:] / step[:-1],
        null_e2=np.array(null).reshape(-1, len(widths) - 1),
        theiler=int(apart),
        samples=len(data),
        recordings=len(pieces),
        units=str(data.attrs.get("units", "")),
    )


def _checked(series: Any) -> xr.DataArray:
    data = as_series(series)
    check_all_finite("series", data.to_numpy())
    if data.ndim == 2 and data.shape[1] == 1:
        data = data.isel({data.dims[1]: 0})
    if data.ndim != 1:
        raise ValueError(f"series: expected one channel, got shape {data.shape}")
    if np.ptp(data.to_numpy()) == 0:
        raise ValueError("series: expected samples that vary, got a constant")
    longest = recording_lengths(recording_of(data), len(data)).max()
    if longest < 2 * FEWEST:
        raise ValueError(
            f"series: expected a recording of at least {2 * FEWEST} samples, got at most {longest}"
        )
    return data
