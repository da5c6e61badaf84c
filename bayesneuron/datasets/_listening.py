"""Brain activity while listening to a story, with the sound power of the audio."""

import math
from pathlib import Path

import numpy as np
import xarray as xr

from bayesneuron.datasets.folder import VARIABLE, download, folder, present
from bayesneuron.numerics.checks import check_choice, check_share

REGIONS = ("LATL", "RATL", "LPTL", "LIPL", "LPreM", "LIFG")
SOUND = ("sound_power", "word_rate")
PAGE = (
    "https://sites.lsa.umich.edu/cnllab/2016/06/11/data-sharing-fmri-timecourses-story-listening/"
)
ARCHIVE = "https://drive.google.com/uc?export=download&id=0By_8Ci8eoDI4Q3NwUEFPRExIeG8"


def listening(
    subject: int = 24, *, channels: tuple[str, ...] = ("LPTL",), detrend: float | None = None
) -> xr.DataArray:
    """FMRI of a person who listens to 12 minutes of Alice in Wonderland, 362 samples.

    Parameters
    ----------
    subject : int
        18 to 53, where published. 33 is refused: that recording is constant.
    channels : tuple of str
        Regions (10 mm): ``LATL``, ``RATL``, ``LPTL``, ``LIPL``, ``LPreM``, ``LIFG``; of the
        audio, one value per scan: ``sound_power``, ``word_rate``.
    detrend : float, optional
        Share of the run, in (0, 1], whose linear trend is removed from each region, which drifts
        with the scanner. Give the share that is trained on, such as 0.8: a trend over the whole
        run carries the held-out part into the training part. By default none is removed.

    Returns
    -------
    DataArray, dims (time,) for one channel, (time, channel) for several
        ``time`` counts scans, of about 2 s (the files do not state it).

    Raises
    ------
    ValueError
        If a channel or subject is unknown, the recording is constant, `detrend` is no share, a
        file is not the published one, or is missing and cannot be downloaded.

    Notes
    -----
    Read from ``$BAYESNEURON_DATA/alice_fmri`` where present, else downloaded (once) from the
    archive that the authors' page links. Where that fails, get the archive by hand and unpack it
    there. Every file is checked against its SHA-256 before it is read.

    The sound files of subjects 24 and 35 are identical in the published data. Do not train on the
    one and test on the other.

    References
    ----------
    Brennan, Stabler, Van Wagenen, Luh, Hale, Brain and Language 157-158 (2016) 81-94. CC BY 4.0.

    Examples
    --------
    >>> series = listening(24, channels=("LPTL", "sound_power"))         # doctest: +SKIP
    """
    if isinstance(channels, str):
        raise ValueError(f"channels: expected a tuple of names, got {channels!r}")
    if detrend is not None:
        check_share(detrend=detrend)
    for name in channels:
        check_choice("channels", name, (*REGIONS, *SOUND))
    regions = np.loadtxt(_file(f"10mm/s{subject}-timecourses.txt"))
    if np.ptp(regions) == 0:
        raise ValueError(
            f"listening: subject {subject} is constant in the published data; choose another"
        )
    if detrend is not None:
        time = np.arange(len(regions))
        early = slice(len(regions) - math.ceil((1 - detrend) * len(regions)))  # as `split`
        slope, level = np.polyfit(time[early], regions[early], 1)
        regions = regions - (time[:, None] * slope + level)
    known_columns: dict[str, np.ndarray] = dict(zip(REGIONS, regions.T, strict=True))
    files = {"sound_power": "sndpwr", "word_rate": "rate"}
    for name in set(channels) & set(SOUND):
        known_columns[name] = np.loadtxt(_file(f"s{subject}-{files[name]}.txt"))
    values = np.stack([known_columns[name] for name in channels], axis=1)
    data = xr.DataArray(
        values,
        dims=("time", "channel"),
        coords={"time": np.arange(len(values)), "channel": list(channels)},
        name="activity",
        attrs={
            "units": "scanner units",
            "source": f"Alice fMRI (Brennan et al. 2016), subject {subject}",
        },
    )
    return data if len(channels) > 1 else data.squeeze("channel", drop=True).rename(*channels)


def _file(name: str) -> Path:
    name = f"alice_fmri/{name}"
    path = present(name)
    if path is not None:
        return path
    try:
        return download(ARCHIVE, name)
    except ValueError as error:
        raise ValueError(
            f"listening: expected {folder() / name}; get the archive from {PAGE} "
            f"and set {VARIABLE} to the folder that holds it as alice_fmri/ ({error})"
        ) from None
