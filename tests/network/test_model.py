"""One door for shipped models, files and functions."""

import ast
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest

import bayesneuron as bn
from bayesneuron.network.density import density

MINE = '''
"""A perceptron of my own."""
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import bayesneuron as bn


def model(x, y=None, *, width, scale=1.0):
    w = numpyro.sample("W", dist.Normal(0, scale).expand([width, x.shape[1]]).to_event(2))
    v = numpyro.sample("V", dist.Normal(0, scale).expand([1, width]).to_event(2))
    mean = numpyro.deterministic("mean", jnp.tanh(x @ w.T) @ v.T)
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, 0.3).to_event(1), obs=y)


def layout(*, width):
    return bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
'''


def test_a_file_goes_through_the_same_door(tmp_path, sine):
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    model = bn.load(path, width=2)
    draws = bn.laplace(model, *sine, samples=20, starts=2)
    assert bn.neurons(draws)["hidden"].mean.shape == (2, 5)
    assert np.isnan(bn.neurons(draws)["hidden"].null_ratio).all()
    assert np.isfinite(bn.neurons(draws, model=model)["hidden"].null_ratio).all()
    assert np.isnan(bn.compare({"mine": draws}).methods["ess_function"].iloc[0])
    assert bn.compare({"mine": draws}, model=model).methods["ess_function"].iloc[0] == 20
    assert bn.diagnose(draws, model=model).modes is None
    with pytest.raises(ValueError, match="expected model="):
        bn.predict(draws, sine[0])
    assert bn.predict(draws, sine[0], model=model).predictions["mean"].shape == (1, 20, 40, 1)


def test_a_function_needs_its_layout(sine):
    def mine(x, y=None):
        w = numpyro.sample("W", dist.Normal(0, 1).expand([2, 4]).to_event(2))
        v = numpyro.sample("V", dist.Normal(0, 1).expand([1, 2]).to_event(2))
        mean = numpyro.deterministic("mean", jnp.tanh(x @ w.T) @ v.T)
        with numpyro.plate("observation", x.shape[0]):
            numpyro.sample("y", dist.Normal(mean, 0.3).to_event(1), obs=y)

    with pytest.raises(ValueError, match="expected layout="):
        bn.load(mine)
    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    draws = bn.laplace(bn.load(mine, layout=layout), *sine, samples=10, starts=2)
    assert set(draws.posterior) == {"W", "V"}


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("two_leyer", {}, "expected a shipped model"),
        ("two_layer", {"inputs": 3}, "expected options"),
        ("two_layer", {"inputs": 3, "hidden": 2, "outputs": 1, "width": 3}, "got unknown"),
        ("two_layer", {"inputs": 3, "hidden": 2, "outputs": 1, "activation": "tan"}, "expected an"),
    ],
)
def test_bad_sources(source, options, message):
    with pytest.raises(ValueError, match=message):
        bn.load(source, **options)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (('"mean",', '"output",'), "deterministic site 'mean'"),
        (('sample("y"', 'sample("z"'), "observed site 'y'"),
        (('{"W": ("hidden", "input")', '{"U": ("hidden", "input")'), "layout: expected one of"),
        (('"W": ("hidden", "input")', '"W": ("hidden",)'), "expected 2 axes"),
        (("return bn.Layout(", "return ("), "expected a bayesneuron.Layout"),
    ],
)
def test_bad_model_files(tmp_path, sine, edit, message):
    path = tmp_path / "mine.py"
    path.write_text(MINE.replace(*edit))
    with pytest.raises(ValueError, match=message):
        bn.laplace(bn.load(path, width=2), *sine, samples=5, starts=1)


def test_a_file_without_a_layout(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(MINE.split("def layout")[0])
    with pytest.raises(ValueError, match="expected a function layout"):
        bn.load(path, width=2)


def test_equal_models_share_compiled_programs(sine):
    x, y = (jnp.asarray(a) for a in sine)
    a, b = (density(bn.load("two_layer", inputs=4, hidden=2, outputs=1), x, y) for _ in range(2))
    assert a == b
    assert hash(a) == hash(b)


def test_models_depend_on_nothing_above_them():
    allowed = {
        "bayesneuron.network.activation_functions",
        "bayesneuron.network.gated",
        "bayesneuron.network.layout",
        "bayesneuron.network.likelihoods",
        "bayesneuron.network.priors",
        "bayesneuron.network.steps",
        "bayesneuron.network.stiefel",
        "bayesneuron.numerics.checks",
    }
    folder = Path(bn.__file__).parent.parent / "models"
    assert len(list(folder.glob("*.py"))) == len(bn.available_models()) + 1
    for file in folder.glob("*.py"):
        tree = ast.parse(file.read_text())
        imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
        assert {m for m in imported if m.startswith("bayesneuron")} <= allowed, file


def test_a_model_is_shown_as_the_call_that_loads_it(sine):
    model = bn.load("nonlinear_pca", inputs=4, hidden=2, outputs=1, activation="tanh")
    call = "nonlinear_pca(inputs=4, hidden=2, outputs=1, activation='tanh')"
    assert str(model) == call
    assert repr(model).splitlines() == [
        call,
        "  hidden (tanh): incoming hidden_weight, hidden_bias; outgoing output_weight",
        "  output: incoming output_weight, output_bias",
    ]
    assert "0x" not in repr(bn.load("rnn", hidden=2))
    assert model._repr_html_().count("<li>") == 2


def test_shipped_models_are_a_fixed_list(tmp_path):
    assert bn.available_models() == (
        "elman", "gru", "lstm", "mlp", "nonlinear_pca", "rnn", "two_layer",
    )  # fmt: skip


def test_networks_beside_the_package_serve_a_checkout_that_is_not_installed(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name="bayesneuron.models")

    installed = bn.load("rnn", hidden=2)
    monkeypatch.setattr("importlib.import_module", missing)
    assert bn.load("rnn", hidden=2).layout == installed.layout
