"""Priors of the weights: moments, density, symmetries, and every verb on such draws."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from conftest import random_sites
from scipy import stats

import bayesneuron as bn
from bayesneuron.draws.free_vectors import flatten_sites, sites_of_theta
from bayesneuron.network.check_layout import check_symmetries
from bayesneuron.network.density import density
from bayesneuron.network.symmetry import act, rescale
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.takeover import merged_sites

LEARNT = ("hierarchical", "horseshoe")
SHAPES = {
    "two_layer": {"inputs": 3, "hidden": 4, "outputs": 2},
    "mlp": {"inputs": 3, "hidden": (4, 3), "outputs": 2},
    "rnn": {"inputs": 1, "hidden": 4, "outputs": 2},
}
CASES = [("normal", "two_layer"), ("hierarchical", "mlp"), ("horseshoe", "rnn")]
X = np.random.default_rng(0).normal(size=(9, 3))
Y = np.random.default_rng(1).normal(size=(9, 2))


def network(prior, name="two_layer", **options):
    return bn.load(name, prior=prior, **{**SHAPES[name], **options})


@double
def log_priors(model, sites):
    """Log prior density over θ, (draw,)."""
    x, y = jnp.asarray(X), jnp.asarray(Y)
    dens = density(model, x, y)
    theta = jnp.asarray(flatten_sites(dens, sites))
    return np.asarray(jax.jit(jax.vmap(lambda one: dens.terms(one, x, y)[1]))(theta))


def test_a_learnt_scale_has_its_prior_moments():
    """E s² = 9 for a half-normal of scale 3, so that Var w = 9 / fan-in, and Var b = 9."""
    sites = random_sites(network("hierarchical"), 40_000, 0)
    assert np.isclose((sites["hidden_scale"] ** 2).mean(), 9.0, rtol=0.03)
    assert np.isclose((sites["hidden_weight"] ** 2).mean(), 9.0 / 3, rtol=0.03)
    assert np.isclose((sites["hidden_bias"] ** 2).mean(), 9.0, rtol=0.03)
    assert np.isclose((sites["output_weight"] ** 2).mean(), 9.0 / 4, rtol=0.03)


def test_the_horseshoe_has_its_prior_quantiles():
    """Median |Cauchy| = its scale; weights in units of their scale are standard normal."""
    sites = random_sites(network("horseshoe"), 20_000, 0)
    assert np.isclose(np.median(sites["hidden_local"]), 1.0, rtol=0.03)
    assert np.isclose(np.median(sites["hidden_global"]), 0.004, rtol=0.03)
    slab = sites["hidden_slab"]
    assert np.isclose(np.median(slab), stats.invgamma(2, scale=18).median(), rtol=0.03)
    size = sites["hidden_global"][:, None] * sites["hidden_local"]
    sd = size * np.sqrt(slab[:, None] / (slab[:, None] + size**2))
    unit = sites["output_weight"] / sd[:, None, :]
    assert stats.kstest(unit[:, 0, 0], "norm").pvalue > 0.01
    assert np.isclose(np.median(np.abs(unit)), stats.norm.ppf(0.75), rtol=0.03)


def test_under_the_horseshoe_what_a_neuron_reads_has_the_hierarchical_prior():
    sites = random_sites(network("horseshoe"), 20_000, 0)
    unit = sites["hidden_weight"] / sites["hidden_scale"][:, None, None] * 3**0.5
    assert stats.kstest(unit[:, 0, 0], "norm").pvalue > 0.01
    deep = random_sites(network("horseshoe", "mlp"), 2000, 0)
    below = deep["hidden1_global"][:, None] * deep["hidden1_local"]
    slab = deep["hidden1_slab"][:, None]
    sent = deep["hidden2_weight"] / (below * np.sqrt(slab / (slab + below**2)))[:, None, :]
    assert np.isclose(sent.std(), 1.0, rtol=0.03)
    assert "output_scale" not in random_sites(network("horseshoe", "rnn"), 2, 0)


def test_density_is_that_of_weights_in_units_of_their_scale():
    """N(0, 1) for every weight, and the half-normal scale with the Jacobian of its logarithm."""
    model = network("hierarchical", noise=0.5)
    sites = random_sites(model, 5, 1)
    value = log_priors(model, sites)
    hidden, output = sites["hidden_scale"], sites["output_scale"]
    unit = [
        sites["hidden_weight"] / hidden[:, None, None] * 3**0.5,
        sites["hidden_bias"] / hidden[:, None],
        sites["output_weight"] / output[:, None, None] * 4**0.5,
        sites["output_bias"] / output[:, None],
    ]
    expected = sum(stats.norm.logpdf(u).reshape(5, -1).sum(1) for u in unit)
    expected += sum(stats.halfnorm.logpdf(s, scale=3) + np.log(s) for s in (hidden, output))
    np.testing.assert_allclose(value, expected, rtol=1e-6)


def test_a_model_of_ones_own_may_hand_over_a_scale():
    """One scale for several weights: each has the Jacobian."""

    def own(x, y=None):
        s = numpyro.sample("s", dist.HalfNormal(1.0))
        w = numpyro.sample("w", dist.Normal(1.0, s).expand([3]).to_event(1), infer={"scale": s})
        mean = numpyro.deterministic("mean", jnp.stack([x @ w, x @ w], axis=1))
        with numpyro.plate("observation", x.shape[0]):
            numpyro.sample("y", dist.Normal(mean, 0.1).to_event(1), obs=y)

    model = bn.load(own, layout=bn.Layout({"w": ("input",)}))
    value = log_priors(model, {"s": np.array([2.0]), "w": np.array([[1.0, -2.0, 4.0]])})
    weights = stats.norm.logpdf([1.0, -2.0, 4.0], 1.0, 2.0) + np.log(2.0)
    expected = weights.sum() + stats.halfnorm.logpdf(2.0) + np.log(2.0)
    np.testing.assert_allclose(value, expected)

    def positive(x, y=None):
        w = numpyro.sample("w", dist.HalfNormal(1.0).expand([3]).to_event(1), infer={"scale": 2.0})
        mean = numpyro.deterministic("mean", jnp.stack([x @ w, x @ w], axis=1))
        with numpyro.plate("observation", x.shape[0]):
            numpyro.sample("y", dist.Normal(mean, 0.1).to_event(1), obs=y)

    layout = bn.Layout({"w": ("input",)})
    with pytest.raises(ValueError, match="expected a site of any real numbers"):
        bn.laplace(bn.load(positive, layout=layout), X, Y)


@pytest.mark.parametrize(("prior", "name"), CASES)
def test_free_vectors_and_sites_are_inverse(prior, name):
    model = network(prior, name)
    sites = random_sites(model, 4, 2)

    @double
    def back():
        dens = density(model, jnp.asarray(X), jnp.asarray(Y))
        return sites_of_theta(dens, flatten_sites(dens, sites)[None], X)

    for site, values in back().items():
        np.testing.assert_allclose(values[0], sites[site], rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "activation"), [("two_layer", "relu"), ("mlp", "sigmoid"), ("rnn", "tanh")]
)
def test_the_function_has_the_symmetries_of_the_layout(name, activation):
    check_symmetries(network("horseshoe", name, activation=activation), 3)


@pytest.mark.parametrize(("prior", "name"), [*CASES, ("horseshoe", "mlp")])
def test_permutations_and_signs_leave_the_prior_density(prior, name):
    model = network(prior, name)
    sites = moved = random_sites(model, 5, 3)
    rng = np.random.default_rng(0)
    for layer in model.layout.hidden:
        n = model.layout.width(sites, layer)
        order = rng.permuted(np.tile(np.arange(n), (5, 1)), axis=1)
        moved = act(model.layout, moved, layer, order, rng.choice([-1.0, 1.0], (5, n)))
    np.testing.assert_allclose(log_priors(model, moved), log_priors(model, sites), rtol=1e-5)


def test_a_neurons_scale_moves_with_it_and_keeps_its_sign():
    model = network("horseshoe", activation="relu")
    sites = random_sites(model, 2, 4)
    order = np.array([[2, 0, 3, 1], [0, 1, 2, 3]])
    moved = act(model.layout, sites, "hidden", order, -np.ones((2, 4)))
    np.testing.assert_array_equal(moved["hidden_local"][0], sites["hidden_local"][0, order[0]])
    np.testing.assert_array_equal(moved["hidden_local"][1], sites["hidden_local"][1])
    np.testing.assert_array_equal(moved["hidden_bias"][1], -sites["hidden_bias"][1])
    scaled = rescale(model.layout, sites, "hidden", np.full((2, 4), 2.0))
    np.testing.assert_array_equal(scaled["hidden_local"], sites["hidden_local"])


@pytest.mark.parametrize("prior", LEARNT)
def test_every_verb_takes_such_draws(prior, tmp_path):
    """Align, neurons, merge, prune, a file and back, refit: scales stay, one for each neuron."""
    model = network(prior, noise=0.3)
    draws = bn.from_arrays(random_sites(model, 12, 5), model=model)
    assert bn.neurons(draws)["hidden"].mean.shape == (4, 3 + 1 + 2)
    small, merged = bn.merge(draws, [0, 1, 2, 2], x=X)
    pruned = bn.prune(draws, [0, 2], x=X, y=Y)
    path = tmp_path / "draws.nc"
    bn.save(pruned.draws, path)
    refitted = bn.refit(bn.open(path), X, Y)
    for tree, width in ((merged, 3), (pruned.draws, 2), (refitted, 2)):
        posterior = tree.posterior
        assert (posterior["output_scale"] > 0).all()
        if prior == "horseshoe":
            assert posterior["hidden_local"].shape == (1, 12, width)
            assert (posterior["hidden_local"] > 0).all()
    assert small.options["prior"] == prior


def test_a_layout_with_scales_travels_as_json():
    layout = network("horseshoe").layout
    assert bn.Layout.from_json(layout.to_json()) == layout
    assert layout.table().loc["hidden_local", "holds"] == "scale"
    assert layout.free == ()
    with pytest.raises(ValueError, match="scales: expected sites of one axis, got"):
        bn.Layout({"W": ("h", "i")}, scales=("W",))
    with pytest.raises(ValueError, match=r"scales: expected some of .*, got"):
        bn.Layout({"W": ("h", "i")}, scales=("s",))


def test_a_merged_neuron_has_the_scale_of_those_it_reads_as():
    model = network("horseshoe")
    sites = random_sites(model, 1, 6)
    into = np.array([[[0.0, 1.0, 0.0, 0.0], [0.5, 0.0, -0.5, 0.0]]])  # a leader, and a mean
    merged = merged_sites(
        model.layout, sites, "hidden", into, np.zeros((1, 4, 2)), np.zeros((1, 4))
    )
    local = sites["hidden_local"][0]
    np.testing.assert_allclose(merged["hidden_local"][0], [local[1], (local[0] + local[2]) / 2])


def test_weights_that_are_not_free_stay_as_they_are():
    model = network("horseshoe", noise=0.3)
    draws = bn.from_arrays(random_sites(model, 4, 7), model=model)
    after = bn.refit(draws, X, Y, free={"hidden_weight": np.zeros((4, 3), bool)}).posterior
    np.testing.assert_allclose(after["hidden_weight"], draws.posterior["hidden_weight"], rtol=1e-5)
    assert not np.allclose(after["output_weight"], draws.posterior["output_weight"])


@pytest.mark.slow
@pytest.mark.parametrize("prior", LEARNT)
def test_nuts_samples_almost_without_divergences(prior):
    model = bn.load("two_layer", inputs=1, hidden=1, outputs=1, prior=prior, noise=0.3)
    x = np.linspace(-2, 2, 25)[:, None]
    y = np.tanh(1.5 * x) + 0.3 * np.random.default_rng(0).normal(size=x.shape)
    # the horseshoe needs short steps (Piironen and Vehtari 2017)
    accept = 0.99 if prior == "horseshoe" else 0.95
    draws = bn.nuts(model, x, y, chains=2, samples=200, warmup=200, target_accept=accept, seed=0)
    assert draws.attrs["divergences"] <= 4
    assert bn.compare({"nuts": draws}).methods.loc["nuts", "rhat_function"] < 1.05
