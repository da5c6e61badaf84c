"""A distance of what is no pair of normal distributions is refused, and never a number."""

import numpy as np
import pytest

from bayesneuron import distances

MEANS, COVS = np.zeros((3, 2)), np.tile(np.eye(2), (3, 1, 1))
OF_BOTH = ("bures_wasserstein", "hellinger", "jeffreys", "mean_shift")
OF_COVS = ("affine_invariant", "fidelity", "log_volume_ratio")
OF_MEANS = ("euclidean", "cosine")
NO_COVS = {
    "NaN": COVS * np.nan,
    "infinite": np.full(COVS.shape, np.inf),
    "negative": -COVS,
    "indefinite": np.tile([[1.0, 5.0], [5.0, 1.0]], (3, 1, 1)),
    "asymmetric": np.tile([[1.0, 5.0], [0.0, 1.0]], (3, 1, 1)),
    "complex": COVS.astype(complex),
    "text": COVS.astype(str),
    "none": None,
    "flat": COVS[:, :1],
    "small": COVS[:, :1, :1],
    "few": COVS[:2],
}
NO_MEANS = {
    "NaN": MEANS * np.nan,
    "complex": MEANS.astype(complex),
    "none": None,
    "narrow": MEANS[:, :1],
    "few": MEANS[:2],
}


@pytest.mark.parametrize("name", [*OF_BOTH, *OF_COVS])
@pytest.mark.parametrize("kind", NO_COVS)
def test_what_is_no_covariance(name, kind):
    bad, distance = NO_COVS[kind], getattr(distances, name)
    args = (bad, COVS) if name in OF_COVS else (MEANS, bad, MEANS, COVS)
    with pytest.raises(ValueError, match="expected"):
        distance(*args)
    with pytest.raises(ValueError, match="expected"):
        distance(*args[::-1] if name in OF_COVS else (MEANS, COVS, MEANS, bad))


@pytest.mark.parametrize("name", [*OF_BOTH, *OF_MEANS])
@pytest.mark.parametrize("kind", NO_MEANS)
def test_what_is_no_mean(name, kind):
    bad, distance = NO_MEANS[kind], getattr(distances, name)
    with pytest.raises(ValueError, match="expected"):
        distance(*((bad, MEANS) if name in OF_MEANS else (bad, COVS, MEANS, COVS)))


def test_leading_axes_still_broadcast():
    m = np.array([[0.0, 0.0], [3.0, 4.0]])
    assert distances.euclidean(m[:, None], m).tolist() == [[0, 5], [5, 0]]
    assert distances.affine_invariant(np.eye(2), COVS).tolist() == [0, 0, 0]
    assert distances.hellinger(m[0], np.eye(2), m, np.eye(2)).shape == (2,)
