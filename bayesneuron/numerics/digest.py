"""A digest of arrays, by which data are recognised."""

import hashlib
from typing import Any

import numpy as np


def digest_of(*arrays: Any) -> str:
    """SHA-256 of shapes, types and values, 64 hexadecimal digits.

    Examples
    --------
    >>> x = np.zeros((4, 2))
    >>> digest_of(x) == digest_of(x.copy()), digest_of(x) == digest_of(x.astype(np.float32))
    (True, False)
    """
    digest = hashlib.sha256()
    for values in map(np.asarray, arrays):
        digest.update(f"{values.shape} {values.dtype.str} ".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
