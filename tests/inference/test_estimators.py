"""One contract for every method and every network."""

import subprocess
import sys
from pathlib import Path

import arviz as az
import jax
import numpy as np
import pytest
import xarray as xr
from conftest import METHODS, NETWORKS, data_for, estimate, network

import bayesneuron as bn
from bayesneuron.draws import complete
from bayesneuron.inference import Adam, Newton

GROUPS = {"posterior", "sample_stats", "observed_data", "constant_data"}


def same(a: xr.DataTree, b: xr.DataTree, skip: tuple[str, ...] = ()) -> None:
    assert set(a.children) == set(b.children)
    for group in a.children:
        for name, values in a[group].data_vars.items():
            if name not in skip:
                np.testing.assert_array_equal(b[group][name], values, err_msg=f"{group}.{name}")


# programs of the ensemble take long to compile, and no network is special to it; activations are
# special to none of the others
CONTRACTS = [
    (method, name)
    for method in METHODS
    for name in NETWORKS
    if name == "two_layer"
    or (method != "ensemble" and not name.startswith("two_layer_"))
    or method == "bootstrap"
]


@pytest.mark.slow
@pytest.mark.parametrize(("method", "name"), CONTRACTS)
def test_contract(method, name, tmp_path):
    model, (x, y) = network(name), data_for(name)
    before = jax.config.jax_enable_x64
    draws = estimate(method, model, x, y)
    assert jax.config.jax_enable_x64 == before, "precision is the caller's"

    assert set(draws.children) - {"optimization", "linearised", "sampler_state"} == GROUPS
    for site, dims in model.layout.sites.items():
        assert draws.posterior[site].dims[:2] == ("chain", "draw")
        assert draws.posterior[site].dims[2] == dims[0]
        assert np.isfinite(draws.posterior[site]).all()
    np.testing.assert_array_equal(np.ravel(draws.observed_data["y"]), np.ravel(y))
    np.testing.assert_array_equal(draws.constant_data["x"], x)
    for stats in draws.sample_stats.data_vars.values():
        assert stats.dims[:2] == ("chain", "draw")
    assert draws.attrs["method"] == method
    assert draws.attrs["seconds"] > 0

    # ArviZ takes it as it is
    site = next(iter(model.layout.sites))
    assert len(az.summary(draws, var_names=[site])) == draws.posterior[site][0, 0].size

    # a file holds all of it
    again = bn.open(bn.save(draws, tmp_path / "draws.nc"))
    same(draws, again)
    assert bn.load(again.attrs["model"], **model.options) == model

    # the symmetry is gone, the neurons are there
    posts = bn.neurons(draws)
    assert list(posts) == list(dict.fromkeys([*model.layout.hidden, *model.layout.receiving]))
    for post in posts.values():
        n, k = post.mean.shape
        assert post.cov.shape == (n, k, k)
        assert len(post.weights) == len(post.roles) == k
        assert (np.linalg.eigvalsh(post.cov) > -1e-10).all()


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_bits(method, two_layer, sine, quick):
    again = estimate(method, two_layer, *sine)
    same(quick[method], again)
    other = estimate(method, two_layer, *sine, seed=1)
    assert not np.array_equal(other.posterior["hidden_weight"], again.posterior["hidden_weight"])


@pytest.mark.slow
def test_same_seed_same_bits_in_another_process(quick):
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from conftest import METHODS, data_for, estimate, network\n"
        "for m in METHODS:\n"
        "    draws = estimate(m, network('two_layer'), *data_for('two_layer'))\n"
        "    print(m, draws['posterior']['hidden_weight'].values.tobytes().hex())\n"
    )
    folder = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", script, folder], capture_output=True, text=True, check=True
    )
    there = dict(line.split() for line in done.stdout.splitlines())
    here = {m: quick[m]["posterior"]["hidden_weight"].values.tobytes().hex() for m in quick}
    assert there == here


@pytest.mark.parametrize("optimizer", [Adam(epochs=2), Newton(max_steps=20)])
@pytest.mark.parametrize("scheme", ["pairs", "block", "subsample", "bayesian"])
def test_chunks_change_nothing(scheme, optimizer, two_layer, sine):
    options = {"replicates": 60, "scheme": scheme, "optimizer": optimizer}
    whole = estimate("bootstrap", two_layer, *sine, **options)
    for chunk in (1, 30):
        same(whole, estimate("bootstrap", two_layer, *sine, chunk=chunk, **options))
    fewer = estimate("bootstrap", two_layer, *sine, **(options | {"replicates": 7}))
    np.testing.assert_array_equal(
        fewer.posterior["hidden_weight"], whole.posterior["hidden_weight"][:, :7]
    )


def test_optimizers_are_values(two_layer, sine):
    adam = {"seed": 1, "replicates": 5}
    named = bn.bootstrap(two_layer, *sine, optimizer="adam", **adam)
    same(named, bn.bootstrap(two_layer, *sine, optimizer=Adam(), **adam))
    assert named.attrs["optimizer"] == "adam"
    assert named.attrs["epochs"] == 70
    for make, options, message in (
        (Adam, {"epochs": 0}, "epochs: expected a positive"),
        (Adam, {"batch": 1.5}, "batch: expected a positive"),
        (Adam, {"learning_rate": 0.0}, "learning_rate: expected a positive"),
        (Newton, {"max_steps": -1}, "max_steps: expected a positive"),
    ):
        with pytest.raises(ValueError, match=message):
            make(**options)


def test_newton_converges_and_says_so(two_layer, sine):
    draws = bn.bootstrap(two_layer, *sine, replicates=10, optimizer="newton", seed=0)
    assert (draws.sample_stats["grad_norm"] < 1e-6).all()
    assert draws.sample_stats["converged"].all()


def test_failed_replicates_are_reported_and_left_out(two_layer, sine):
    wild = Adam(epochs=8, learning_rate=30.0)
    with pytest.warns(bn.StatisticalWarning, match="replicates failed and are left out"):
        draws = bn.bootstrap(two_layer, *sine, replicates=12, optimizer=wild, seed=2)
    failed = np.atleast_1d(draws.attrs["failed"])
    assert len(failed) + draws.posterior.sizes["draw"] == 12
    assert not set(failed) & set(draws.sample_stats["replicate"].values.ravel())


def test_bootstrap_finds_the_recordings(two_layer, sine):
    x, y = sine
    recording = ("observation", np.repeat([0, 1], len(x) // 2))
    marked = x.assign_coords(recording=recording), y.assign_coords(recording=recording)
    plain = np.asarray(x), np.asarray(y)
    options = {"scheme": "block", "block_length": 15, "replicates": 8, "optimizer": Adam(epochs=2)}

    def weights(*data):
        return estimate("bootstrap", two_layer, *data, **options).posterior["hidden_weight"].values

    both = weights(*marked)
    np.testing.assert_array_equal(weights(plain[0], marked[1]), both)
    np.testing.assert_array_equal(weights(marked[0], plain[1]), both)
    assert not np.array_equal(weights(*plain), both)
    np.testing.assert_array_equal(weights(*plain), weights(x, y))  # one recording


@pytest.mark.parametrize("optimizer", [Adam(epochs=1, learning_rate=1e-30), Newton()])
def test_bootstrap_starts_at_draws(optimizer, two_layer, sine, quick):
    # Adam's steps of length zero leave the weights where they start
    options = {"optimizer": optimizer, "replicates": 40}
    origin = quick["nuts"].isel(draw=slice(0, 15))  # of 2 chains
    draws = estimate("bootstrap", two_layer, *sine, start=origin, **options)
    assert draws.attrs["start"] == "given"
    same(draws, estimate("bootstrap", two_layer, *sine, start=origin, chunk=7, **options))
    if isinstance(optimizer, Adam):
        for site in two_layer.layout.sites:
            begun = origin.posterior[site].values.reshape(30, *origin.posterior[site].shape[2:])
            np.testing.assert_allclose(
                draws.posterior[site][0], begun[np.arange(40) % 30], rtol=1e-5, atol=1e-6
            )
    else:  # the optima of the same resamples: nowhere to go
        assert draws.sample_stats["converged"].all()
        again = estimate("bootstrap", two_layer, *sine, start=draws, **options)
        np.testing.assert_allclose(again.sample_stats["loss"], draws.sample_stats["loss"])
        assert int(again.sample_stats["steps"].max()) < int(draws.sample_stats["steps"].min())


def test_draws_to_start_at_are_of_this_network(two_layer, sine, quick):
    other = bn.load("two_layer", inputs=4, hidden=3, outputs=1)
    with pytest.raises(ValueError, match="expected shape"):
        estimate("bootstrap", other, *sine, start=quick["nuts"])
    with pytest.raises(ValueError, match="expected site"):
        estimate("bootstrap", network("mlp"), *sine, start=quick["nuts"])
    with pytest.raises(ValueError, match="start: expected a DataTree with a layout"):
        estimate("bootstrap", two_layer, *sine, start=xr.DataTree())
    with pytest.raises(ValueError, match="start: expected one of"):
        estimate("bootstrap", two_layer, *sine, start="zero")


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("bootstrap", {"replicates": 0}, "replicates: expected a positive"),
        ("bootstrap", {"scheme": "jackknife"}, "scheme: expected one of"),
        ("bootstrap", {"optimizer": "sgd"}, "optimizer: expected one of"),
        (
            "bootstrap",
            {"optimizer": 3},
            r"optimizer: expected Adam\(...\), Newton\(...\) or a name",
        ),
        ("bootstrap", {"scheme": "subsample", "fraction": 1.5}, "fraction: expected"),
        ("bootstrap", {"scheme": "block", "block_length": 1000}, "block_length: expected"),
        ("svi", {"family": "cauchy"}, "family: expected one of"),
        ("svi", {"steps": -1}, "steps: expected a positive"),
        ("laplace", {"covariance": "fisher"}, "covariance: expected one of"),
        ("laplace", {"bandwidth": -1}, "bandwidth: expected"),
        ("nuts", {"mass": "sparse"}, "mass: expected one of"),
        ("nuts", {"start": "zero"}, "start: expected one of"),
        ("nuts", {"chains": 1.5}, "chains: expected a positive"),
    ],
)
def test_bad_options(method, options, message, two_layer, sine):
    with pytest.raises(ValueError, match=message):
        METHODS[method](two_layer, *sine, **options)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda x, y: (x[:-1], y), "y: expected 39 rows"),
        (lambda x, y: (x * np.nan, y), "x: expected finite values"),
        (lambda x, y: (x, y + np.inf), "y: expected finite values"),
        (lambda x, y: (x[:, :2], y), "cannot take x of shape"),
        (lambda x, y: (x, np.tile(y, 2)), "y: expected shape"),
        (lambda x, y: (x[0], y), "x: expected shape"),
        (lambda x, y: (x.astype(str), y), "x: expected numbers"),
    ],
)
def test_bad_data(edit, message, two_layer, sine):
    x, y = edit(*(np.asarray(a) for a in sine))
    with pytest.raises(ValueError, match=message):
        bn.laplace(two_layer, x, y)


def test_class_numbers_only():
    model, (x, y) = network("mlp_categorical"), data_for("mlp_categorical")
    with pytest.raises(ValueError, match="expected class numbers"):
        bn.laplace(model, x, y + 0.5)


@pytest.mark.parametrize("start", ["optima", "best", "prior"])
@pytest.mark.parametrize("mass", ["dense", "block", "diagonal"])
def test_nuts_options(start, mass, two_layer, sine):
    draws = estimate("nuts", two_layer, *sine, start=start, mass=mass)
    stats = draws.sample_stats
    assert {"diverging", "n_steps", "tree_depth", "lp", "energy", "step_size"} <= set(stats)
    assert (stats["tree_depth"] == np.ceil(np.log2(stats["n_steps"] + 1))).all()
    density = complete(draws, "log_likelihood").log_likelihood["y"].sum("observation")
    assert np.corrcoef(np.ravel(stats["lp"]), np.ravel(density))[0, 1] > 0


def test_nuts_starts_at_bootstrap_optima(two_layer, sine, quick):
    draws = estimate("nuts", two_layer, *sine, start=quick["bootstrap"])
    assert draws.attrs["start"] == "draws of bootstrap"
    assert len(draws.attrs["start_evidence"]) == draws.attrs["start_optima"] == 1
    other = bn.load("two_layer", inputs=4, hidden=3, outputs=1)
    with pytest.raises(ValueError, match="expected shape"):
        estimate("nuts", other, *sine, start=quick["bootstrap"])
    with pytest.raises(ValueError, match="expected at least 40 draws"):
        estimate("nuts", two_layer, *sine, start=quick["bootstrap"], chains=40)


@pytest.mark.slow
def test_orthonormal_networks_reconstruct_and_stay_orthonormal():
    x, y = bn.windows(bn.datasets.noisy_sine(length=60, period=12.0), 4, target="reconstruct")
    model = bn.load("nonlinear_pca", inputs=4, hidden=2, outputs=4)
    draws = estimate("laplace", model, x, y)
    for site in ("hidden_weight", "output_weight"):
        w = np.asarray(bn.align(draws)["posterior"][site])
        w = w if w.shape[2] <= w.shape[3] else np.swapaxes(w, 2, 3)
        eye = np.broadcast_to(np.eye(2), (*w.shape[:2], 2, 2))
        np.testing.assert_allclose(w @ np.swapaxes(w, 2, 3), eye, atol=1e-10)
    assert bn.compare({"laplace": draws}).methods["train_rmse"].iloc[0] < float(y.std())


@pytest.mark.slow
@pytest.mark.parametrize("family", ["mean_field", "neuron", "low_rank", "full"])
def test_svi_families(family, two_layer, sine):
    draws = estimate("svi", two_layer, *sine, family=family, steps=40)
    assert draws["optimization"]["elbo"].sizes["step"] == 40
    assert draws.attrs["pareto_k"] > 0  # infinite where hardly any draw counts
    assert np.isfinite(draws.sample_stats["log_q"]).all()


@pytest.mark.parametrize("covariance", ["hessian", "sandwich", "hac"])
def test_laplace_covariances(covariance, two_layer, sine):
    draws = estimate("laplace", two_layer, *sine, covariance=covariance)
    assert draws.attrs["converged"] == 1
    assert draws.attrs["singular"] == 0
