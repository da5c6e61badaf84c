"""Networks for classes learn the scale of their weights unless told otherwise."""

import numpy as np
import pytest
from conftest import normal

import bayesneuron as bn
from bayesneuron.network.tracing import latent_of, run, sites_of


@pytest.mark.parametrize(
    ("name", "more"),
    [("mlp", {"hidden": (3,)}), ("two_layer", {"hidden": 3}), ("rnn", {"hidden": 3})],
)
@pytest.mark.parametrize("likelihood", ["gaussian", "poisson", "bernoulli", "categorical"])
def test_scales_are_learnt_for_classes_alone(name, more, likelihood):
    more = more | ({} if name == "mlp" else {"output": "identity"})
    more = more | {"inputs": 1 if name == "rnn" else 4, "outputs": 2, "likelihood": likelihood}
    scales = {
        site for site in latent_of(sites_of(bn.load(name, **more), (5, 4))) if "_scale" in site
    }
    assert bool(scales) == (likelihood in ("bernoulli", "categorical"))
    normal = bn.load(name, **more, prior="normal")
    assert not any("_scale" in site for site in latent_of(sites_of(normal, (5, 4))))


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("mlp", {"hidden": (3,)}),
        ("two_layer", {"hidden": 3}),
        ("rnn", {"hidden": 3}),
        ("gru", {"hidden": 3}),
    ],
)
def test_logits_have_a_wider_scale_than_other_sums(name, more):
    more = more | {"inputs": 1 if name in ("rnn", "gru") else 4, "outputs": 2, "skip": True}
    widths = {}
    for likelihood in ("gaussian", "categorical"):
        options = {"likelihood": likelihood, "prior": "hierarchical", "prior_scale": 2.0}
        model = bn.load(name, **more, **options, output="identity")
        trace = run(model, {}, np.zeros((5, 4), np.float32))
        widths[likelihood] = {
            site: float(node["fn"].scale) for site, node in trace.items() if site.endswith("_scale")
        }
    hidden = next(site for site in widths["gaussian"] if site.startswith("hidden"))
    assert widths["gaussian"] == dict.fromkeys(widths["gaussian"], 6.0)
    assert widths["categorical"] == {hidden: 6.0, "output_scale": 24.0, "skip_scale": 24.0}


def test_weights_from_elsewhere_predict_without_the_scales_of_their_prior():
    sites = {
        "hidden1_weight": normal(4, 3, 2), "hidden1_bias": normal(4, 3, seed=1),
        "output_weight": normal(4, 2, 3, seed=2), "output_bias": normal(4, 2, seed=3),
    }  # fmt: skip
    x, y = normal(6, 2, seed=4), np.arange(6) % 2
    options = {"inputs": 2, "hidden": (3,), "outputs": 2, "likelihood": "categorical"}
    surprise = [
        bn.predict(bn.from_arrays(sites, model=model), x, y)["log_likelihood"]["y"]
        for model in (bn.load("mlp", **options), bn.load("mlp", **options, prior="normal"))
    ]
    np.testing.assert_array_equal(*surprise)
