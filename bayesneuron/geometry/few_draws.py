"""Too few draws for a region, said once."""

import numpy as np

from bayesneuron.numerics.warn import warn_once

FEWEST = 3  # without one of them, two are left, which have a covariance


def warn_of_few(count: int) -> None:
    """Warn if so many draws give no region at all, shrunk or not.

    Examples
    --------
    >>> warn_of_few(3)
    """
    if count < FEWEST:
        plural = "draws determine" if count > 1 else "draw determines"
        warn_once(
            f"neurons: {count} {plural} no region of a neuron; at least {FEWEST} are needed, and "
            "many more for a region to be trusted"
        )


def warn_of_unbounded(radius: np.ndarray, count: int, layer: str, weights: int) -> None:
    """Warn if regions of a layer are unbounded.

    Parameters
    ----------
    radius : ndarray, shape (neuron,)
    count, weights : int
        Of draws, and of the weights of a neuron.
    layer : str

    Examples
    --------
    >>> warn_of_unbounded(np.array([3.1, 2.9]), 100, "hidden", 5)
    """
    unbounded = int(np.isinf(radius).sum())
    if unbounded:
        needed = (
            f"without shrinkage at least {weights + 2}" if count >= FEWEST else f"at least {FEWEST}"
        )
        warn_once(
            f"region: unbounded for {unbounded} of {len(radius)} neurons of {layer!r}: {count} "
            f"{'draws' if count > 1 else 'draw'} of {weights} weights; {needed} are needed"
        )
