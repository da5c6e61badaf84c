"""A fingerprint of data, by which draws know what they were made with."""

import hashlib

import numpy as np


def fingerprint_of(x: np.ndarray, y: np.ndarray) -> str:
    """16 hexadecimal digits that identify a data set: SHA-256 of shapes, types and values.

    Examples
    --------
    >>> x, y = np.zeros((4, 2)), np.zeros((4, 1))
    >>> fingerprint_of(x, y) == fingerprint_of(x.copy(), y), fingerprint_of(x, y + 1)
    (True, '905da730c7c70e6f')
    """
    digest = hashlib.sha256()
    for values in (np.asarray(x), np.asarray(y)):
        digest.update(f"{values.shape} {values.dtype.str} ".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:16]
