"""Data whose scale does not fit the priors of the shipped networks, which expect about one."""

import numpy as np

LARGE, SMALL = 10.0, 0.05  # root mean squares; standardised data have 1
NAMED = 5  # columns


def off_scale(name: str, values: np.ndarray) -> str | None:
    """Which columns are far from unit scale, in words; None where all are near it.

    The scale of a column is its root mean square, so that a large mean counts. Columns are too
    small only where all are: some columns of images are nearly zero for good.

    Parameters
    ----------
    name : str
        Of the data.
    values : numpy.ndarray, shape (observation, ...)

    Examples
    --------
    >>> off_scale("x", np.array([[1.0, 2000.0], [-1.0, 2100.0]]))
    'x: root mean square 2.05e+03 in column 1'
    >>> off_scale("x", np.array([[1.0], [-1.0]])) is None
    True
    """
    scale = np.sqrt(np.square(values.reshape(len(values), -1)).mean(axis=0))
    far = np.flatnonzero(scale > LARGE)
    if 0 < scale.max(initial=0) < SMALL:
        far = np.flatnonzero(scale)
    if not len(far):
        return None
    first, last = (f"{v:.3g}" for v in (scale[far].min(), scale[far].max()))
    size = first if first == last else f"{first} to {last}"
    columns = ", ".join(str(c) for c in far[:NAMED])
    columns += f" and {len(far) - NAMED} more" if len(far) > NAMED else ""
    where = f" in column{'s' * (len(far) > 1)} {columns}" if len(scale) > 1 else ""
    return f"{name}: root mean square {size}{where}"
