"""Models and layouts that cannot be used say why, in one line, before any estimate."""

import numpy as np
import pytest

import bayesneuron as bn

LAYOUT = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
HEAD = "import numpyro, numpyro.distributions as dist, jax.numpy as jnp\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def (", "a Python file that runs, got SyntaxError"),
        ("import nosuch_module", "a Python file that runs, got ModuleNotFoundError"),
        ("1 / 0", "a Python file that runs, got ZeroDivisionError"),
        ("import sys; sys.exit(3)", "a Python file that runs, got SystemExit"),
        (
            "def model(x, y=None): pass\ndef layout(): 1 / 0",
            "a layout function that runs, got Zero",
        ),
        ("def model(x, y=None): pass\nlayout = 3", "a function layout"),
    ],
)
def test_files_that_do_not_run(tmp_path, text, message):
    path = tmp_path / "net.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"expected {message}"):
        bn.load(path)


@pytest.mark.parametrize("source", [None, 3, b"two_layer", LAYOUT])
def test_what_is_no_source(source):
    with pytest.raises(ValueError, match="load: expected the name of a model, a file"):
        bn.load(source)


@pytest.mark.parametrize("function", [len, dict, lambda: None])
def test_functions_that_take_no_data(function):
    with pytest.raises(ValueError, match=r"expected a function model\(x, y=None\)"):
        bn.load(function, layout=LAYOUT)


def test_a_model_that_raises_is_named_with_its_error(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(f"{HEAD}def model(x, y=None):\n    raise KeyError('boom')")
    with pytest.raises(ValueError, match=r"cannot take x of shape \(5, 3\): KeyError: 'boom'"):
        bn.prior(bn.load(path, layout=LAYOUT), np.zeros((5, 3)))


def test_a_model_without_a_finite_density_is_refused():
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1, noise=1e-300)
    x = np.random.default_rng(0).normal(size=(9, 3))
    for estimate in (bn.laplace, bn.nuts):
        with pytest.raises(ValueError, match="expected a finite log density somewhere, got none"):
            estimate(model, x, x[:, :1], samples=5, starts=2)


@pytest.mark.parametrize("model", [None, "two_layer", LAYOUT, lambda x, y=None: None])
def test_what_is_no_model(model):
    with pytest.raises(ValueError, match=r"model: expected a Model \(bn.load\), got"):
        bn.laplace(model, np.zeros((5, 3)), np.zeros((5, 1)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None,), "sites: expected a mapping, got a NoneType"),
        (({}, "tanh"), "layers: expected a mapping, got a str"),
        (({"W": ("h", "h", "h")},), "expected a layer on two axes at most"),
        (({"W": ("h", "i")}, {}, {"W": "a"}), "into: expected an axis"),
        (({"W": ("h", "i"), "V": ("o", "h")}, {"h": ["tanh"]}), "expected an activation"),
    ],
)
def test_what_is_no_layout(arguments, message):
    with pytest.raises(ValueError, match=message):
        bn.Layout(*arguments)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", "{}", '{"sites": 3}', 3, None])
def test_what_is_no_layout_in_json(text):
    with pytest.raises(ValueError, match="expected"):
        bn.Layout.from_json(text)


@pytest.mark.parametrize(
    ("sites", "options", "message"),
    [
        (None, {"layout": LAYOUT}, "sites: expected arrays by name"),
        ({"/x": np.ones(3)}, {"layout": LAYOUT}, "expected names without '/'"),
        ({"W": np.ones(3)}, {"layout": 3}, r"layout: expected a Layout \(bn.Layout\)"),
        ({"W": np.ones(3)}, {"model": "two_layer"}, r"model: expected a Model \(bn.load\)"),
        ({"W": np.ones(3)}, {"layout": LAYOUT, "chains": "no"}, "chains: expected True or False"),
        ({"W": np.ones(3)}, {"layout": LAYOUT, "method": 3}, "method: expected a str"),
    ],
)
def test_arrays_from_elsewhere(sites, options, message):
    with pytest.raises(ValueError, match=message):
        bn.from_arrays(sites, **options)


def test_files_from_elsewhere(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(ValueError, match="expected a safetensors file"):
        bn.from_safetensors([tmp_path / "a.safetensors"], layout=LAYOUT)
    with pytest.raises(FileNotFoundError, match="no file"):
        bn.from_safetensors([tmp_path / "none"], layout=LAYOUT)
    with pytest.raises(ValueError, match="paths: expected a list of files"):
        bn.from_safetensors("a.safetensors", layout=LAYOUT)


def test_widths_of_layers_are_a_sequence():
    for hidden in (3, 10**12, None, "ab"):
        with pytest.raises(ValueError, match="hidden: expected widths of layers"):
            bn.load("mlp", inputs=3, hidden=hidden, outputs=1)
    wide = bn.load("two_layer", inputs=3, hidden=2 * 10**9, outputs=1)
    with pytest.raises(ValueError, match=r"samples: expected at most .* of memory"):
        bn.prior(wide, np.zeros((2, 3)), samples=10)
