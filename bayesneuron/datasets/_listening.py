"""Brain activity while listening to a story, with the sound power of the audio."""

from pathlib import Path

import numpy as np
import xarray as xr

from bayesneuron.datasets.folder import VARIABLE, download, folder, present
from bayesneuron.numerics.checks import check_choice

REGIONS = ("LATL", "RATL", "LPTL", "LIPL", "LPreM", "LIFG")
SOUND = ("sound_power", "word_rate")
PAGE = (
    "https://sites.lsa.umich.edu/cnllab/2016/06/11/data-sharing-fmri-timecourses-story-listening/"
)
ARCHIVE = "https://drive.google.com/uc?export=download&id=0By_8Ci8eoDI4Q3NwUEFPRExIeG8"


def listening(
    subject: int = 24, *, channels: tuple[str, ...] = ("LPTL",), detrend: bool = True
) -> xr.DataArray:
    """FMRI of a person who listens to 12 minutes of Alice in Wonderland, 362 samples.

    Parameters
    ----------
    subject : int
        18 to 53, where published. 33 is refused: that recording is constant.
    channels : tuple of str
        Regions (10 mm): ``LATL``, ``RATL``, ``LPTL``, ``LIPL``, ``LPreM``, ``LIFG``; of the
        audio, one value per scan: ``sound_power``, ``word_rate``.
    detrend : bool
        Remove a linear trend from each region, which drifts with the scanner.

    Returns
    -------
    DataArray, dims (time,) for one channel, (time, channel) for several
        ``time`` counts scans, of about 2 s (the files do not state it).

    Raises
    ------
    ValueError
        If a channel or subject is unknown, the recording is constant, a file is not the
        published one, or is missing and cannot be downloaded.

    Notes
    -----
    Read from ``$BAYESNEURON_DATA/alice_fmri`` where present, else downloaded (once) from the
    archive that the authors' page links. Where that fails, get the archive by hand and unpack it
    there. Every file is checked against its SHA-256 before it is read.

    References
    ----------
    Brennan, Stabler, Van Wagenen, Luh, Hale, Brain and Language 157-158 (2016) 81-94. CC BY 4.0.

    Examples
    --------
    >>> series = listening(24, channels=("LPTL", "sound_power"))         # doctest: +SKIP
    """
    for name in channels:
        check_choice("channels", name, (*REGIONS, *SOUND))
    regions = np.loadtxt(_file(f"10mm/s{subject}-timecourses.txt"))
    if np.ptp(regions) == 0:
        raise ValueError(
            f"listening: subject {subject} is constant in the published data; choose another"
        )
    if detrend:
        time = np.arange(len(regions))
        slope, level = np.polyfit(time, regions, 1)
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
