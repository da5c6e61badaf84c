"""Draws from elsewhere with their data are as an estimator's."""

import numpy as np
import pandas as pd
import pytest

import bayesneuron as bn
from bayesneuron.draws.provenance import provenance_of


@pytest.fixture(scope="module")
def model():
    return bn.load("two_layer", inputs=2, hidden=3, outputs=1, noise=0.5)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = pd.DataFrame(rng.normal(size=(30, 2)), columns=["width", "height"])
    return x, np.tanh(x.to_numpy() @ [1.0, -1.0])[:, None]


def test_they_carry_what_an_estimate_carries(model, data):
    own = bn.laplace(model, *data, samples=40, starts=2)
    sites = {k: v.values[0] for k, v in own.posterior.items()}
    draws = bn.from_arrays(sites, model=model, data=data)
    for group in ("constant_data", "observed_data"):
        assert draws[group].to_dataset().equals(own[group].to_dataset())
    provenances = [provenance_of(tree) for tree in (own, draws)]
    assert provenances[0].fingerprint == provenances[1].fingerprint
    posterior = bn.neurons(draws)["hidden"]
    assert posterior.weights[:2] == ("width", "height")
    np.testing.assert_allclose(
        bn.relevance(draws).share.mean(), bn.relevance(draws, *data).share.mean()
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": 3}, r"data: expected a pair \(x, y\), got int"),
        ({"data": (np.ones((4, 5)), np.ones((4, 1)))}, "expected 2 columns"),
        ({"data": (np.ones((4, 2)), np.ones((3, 1)))}, "expected"),
    ],
)
def test_other_data_are_refused(model, options, message):
    sites = {
        k: np.ones((5, *v.shape))
        for k, v in bn.prior(model, np.zeros((1, 2))).posterior.isel(chain=0, draw=0).items()
    }
    with pytest.raises(ValueError, match=message):
        bn.from_arrays(sites, model=model, **options)


def test_sites_outside_their_support_are_refused(data):
    model = bn.load("two_layer", inputs=2, hidden=3, outputs=1)
    draws = bn.prior(model, np.zeros((1, 2)), samples=5).posterior.isel(chain=0)
    sites = {k: v.values for k, v in draws.items()}
    assert bn.from_arrays(sites, model=model, data=data).posterior.sizes["draw"] == 5
    with pytest.raises(ValueError, match=r"noise: expected values in the support .* 1 of 5 .* 3"):
        bn.from_arrays(
            {**sites, "noise": sites["noise"] * [1, 1, 1, -1, 1]}, model=model, data=data
        )
    sites.pop("noise")
    with pytest.raises(ValueError, match="expected site 'noise'"):
        bn.from_arrays(sites, model=model, data=data)


def test_a_layout_alone_takes_no_data(data):
    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "relu"})
    sites = {"W": np.ones((7, 2, 2)), "V": np.ones((7, 1, 2))}
    with pytest.raises(ValueError, match="data: expected model= beside them, got layout="):
        bn.from_arrays(sites, layout=layout, data=data)
