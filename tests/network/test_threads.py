"""Networks may be used from several threads: NumPyro's stack of handlers is one for all."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

import bayesneuron as bn
from bayesneuron.network.tracing import sites_of


def test_models_are_traced_by_several_threads_at_once():
    def shapes(width):  # no two alike, so that none is remembered
        model = bn.load("two_layer", inputs=3, hidden=width, outputs=1, noise=0.123)
        return {k: s.shape for k, s in sites_of(model, (7, 3)).items()}

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(shapes, range(1, 33)))
    assert [f["hidden_weight"] for f in found] == [(width, 3) for width in range(1, 33)]
    assert all(list(f) == list(found[0]) for f in found)


def test_threads_give_the_bits_of_one():
    x = np.linspace(-1, 1, 30).reshape(10, 3)

    def draw(width):
        model = bn.load("two_layer", inputs=3, hidden=width, outputs=1, noise=0.321)
        draws = bn.prior(model, x, samples=5, seed=width)
        return bn.predict(draws, x)["predictions"]["y"].to_numpy()

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(draw, range(1, 5)))
    for width, values in enumerate(together, start=1):
        np.testing.assert_array_equal(values, draw(width))
