"""Arrays from outside: taken as they are, or refused with what was expected and what was got."""

import numpy as np
import pytest

from bayesneuron.numerics.arrays import as_covariances, as_finite, check_all_finite
from bayesneuron.numerics.checks import check_memory
from bayesneuron.numerics.memory import memory


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, np.nan], r"expected finite values, got 1 others, first at \(1,\)"),
        ([1.0, np.inf], "expected finite values"),
        ([1.0, 1e200], "expected values up to 1e.150 in size, got 1e.200"),
        ([[1.0]], r"expected shape \(n,\), got \(1, 1\)"),
        ([], r"expected shape \(n,\), got \(0,\)"),
        ([1j], "expected numbers, got complex numbers"),
        (["1"], "expected numbers, got list of dtype"),
        (None, "expected numbers, got NoneType of dtype object"),
        ([[1], [1, 2]], "expected an array of numbers"),
        (np.ma.masked_less([1.0, 2.0], 1.5), "expected no masked values, got 1"),
    ],
)
def test_what_is_no_finite_array(values, message):
    with pytest.raises(ValueError, match=f"means: {message}"):
        as_finite("means", values, "n")


def test_leading_axes_may_be_any():
    assert as_finite("m", np.ones((2, 3, 4), np.float16), "...", "k").shape == (2, 3, 4)
    with pytest.raises(ValueError, match="expected shape"):
        as_finite("m", 1.0, "...", "k")


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 5], [5, 1]], "expected covariances, got a negative eigenvalue"),
        ([[-1, 0], [0, -1]], "expected covariances, got a negative eigenvalue"),
        ([[1, 5], [0, 1]], "expected symmetric matrices"),
        ([[1, 0]], "expected square matrices"),
    ],
)
def test_what_is_no_covariance(matrix, message):
    with pytest.raises(ValueError, match=message):
        as_covariances("cov", matrix, "k", "k")


def test_a_covariance_may_be_singular_and_of_any_size():
    line = np.outer([1.0, 3.0, 0.1], [1.0, 3.0, 0.1])
    for scale in (1e-20, 1.0, 1e20):
        as_covariances("cov", scale * line, "k", "k")
    as_covariances("cov", np.zeros((2, 2)), "k", "k")
    check_all_finite("classes", np.arange(3))


def test_what_does_not_fit_into_memory_is_refused():
    check_memory("samples", 10, 10)
    with pytest.raises(ValueError, match=r"samples: expected at most .* GiB of memory, got 10000"):
        check_memory("samples", 10_000, memory())
