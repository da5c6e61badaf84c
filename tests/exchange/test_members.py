"""Members of an ensemble: what is asked of them, what is told, what is refused."""

import warnings

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from networks import forward, sequential
from safetensors.numpy import save_file
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import bayesneuron as bn

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
MEMBER = sequential(RNG, (3, 4, 2))


def load(members, **options):
    return bn.from_state_dicts(members, **{"activation": "tanh", "noise": 0.3, **options})


def test_members_are_no_markov_chain():
    members = [sequential(np.random.default_rng(i), (3, 4, 2)) for i in range(25)]
    for draws in (
        load(members),
        bn.from_arrays(
            {k: np.asarray(v)[0] for k, v in load(members).posterior.items()},
            layout=bn.load("mlp", inputs=3, hidden=(4,), outputs=2).layout,
            members=True,
        ),
    ):
        report = bn.diagnose(draws)
        assert report.modes is None
        assert {"mode", "slow mixing", "flat direction"} & {
            f.cause for f in report.findings
        } == set()
        apart = [f for f in report.findings if "networks trained apart" in f.evidence]
        assert len(apart) == 1
        assert not apart[0].serious


def test_noise_is_the_root_mean_square_residual():
    members = [sequential(np.random.default_rng(i), (3, 4, 2)) for i in range(3)]
    y = forward(members[0], X, "tanh") + np.random.default_rng(1).normal(size=(40, 2))
    residuals = np.stack([forward(m, X, "tanh") - y for m in members])
    draws = load(members, noise=None, data=(X, y))
    assert draws.attrs["noise_of_residuals"] == pytest.approx(np.sqrt((residuals**2).mean()))
    np.testing.assert_array_equal(bn.predict(draws).predictions["y"].shape, (1, 3, 40, 2))
    with pytest.raises(ValueError, match="the network's own outputs"):
        load(members[:1], noise=None, data=(X, forward(members[0], X, "tanh")))


def test_without_a_noise_scale_neurons_are_there_and_predictions_ask():
    with pytest.warns(bn.StatisticalWarning, match="no noise scale is known"):
        draws = load([MEMBER] * 3, noise=None)
    assert bn.neurons(draws)["hidden1"].mean.shape == (4, 6)
    with pytest.raises(ValueError, match="noise= to load"):
        bn.predict(draws, X)


def test_classifiers_have_no_noise():
    logits = forward(MEMBER, X, "tanh")
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    found = bn.predict(load(MEMBER, output="softmax", noise=None), X).predictions["mean"][0, 0]
    np.testing.assert_allclose(found, shares, atol=1e-12)
    assert "bernoulli" in load(MEMBER, output="sigmoid", noise=None).attrs["options"]
    assert "sigmoid" in load(MEMBER, output="sigmoid").attrs["options"]
    with pytest.raises(ValueError, match="noise: expected none with output='softmax'"):
        load(MEMBER, output="softmax")


def trained(kind, y, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of so few steps
        return kind(hidden_layer_sizes=(4,), max_iter=5, random_state=0, **options).fit(X, y)


def test_scikit_learn():
    y = X[:, 0] - X[:, 1]
    own = trained(MLPRegressor, y, activation="logistic")
    found = bn.predict(bn.from_state_dicts(own, data=(X, y)), X).predictions["mean"][0, 0, :, 0]
    np.testing.assert_allclose(found, own.predict(X), atol=1e-12)
    three, two = trained(MLPClassifier, np.digitize(y, [-1, 1])), trained(MLPClassifier, y > 0)
    for model, columns in ((three, slice(None)), (two, slice(1, None))):
        draws = bn.from_state_dicts(model)
        found = bn.predict(draws, X).predictions["mean"][0, 0]
        np.testing.assert_allclose(found, model.predict_proba(X)[:, columns], atol=1e-12)
        back = bn.to_state_dict(draws, like=model)
        np.testing.assert_array_equal(back["coefs_.1"], model.coefs_[1])


def test_a_source_that_states_its_activation_is_not_overruled():
    net = trained(MLPRegressor, X[:, 0], activation="relu")
    same = bn.from_state_dicts(net, activation="relu", noise=0.1)
    assert same["posterior"].equals(bn.from_state_dicts(net, noise=0.1)["posterior"])
    with pytest.raises(ValueError, match=r"activation: expected none or \['relu'\]"):
        bn.from_state_dicts(net, activation="tanh", noise=0.1)
    with pytest.raises(ValueError, match="of a pipeline take the last step"):
        bn.from_state_dicts(make_pipeline(StandardScaler(), net), noise=0.1)


def test_files(tmp_path):
    half = {k: v.astype(jnp.bfloat16) for k, v in MEMBER.items()}
    save_file(half, tmp_path / "half.safetensors")
    single = {k: v.astype(np.float32) for k, v in half.items()}
    np.savez(tmp_path / "single.npz", **single)
    draws = [load(tmp_path / name) for name in ("half.safetensors", "single.npz")]
    assert draws[0].posterior.equals(draws[1].posterior)
    assert draws[0].attrs["notes"] == "weights of 16 bits: bfloat16"
    for name in ("again.safetensors", "again.npz"):
        path = bn.export(draws[0], tmp_path / name, like=single)
        assert load(path).posterior.equals(draws[0].posterior)
        assert {v.dtype for v in bn.to_state_dict(draws[0]).values()} == {np.dtype("float32")}


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".pkl", ".keras", ".h5", ".txt"])
def test_files_that_may_hold_code_are_not_read(tmp_path, suffix):
    path = tmp_path / f"net{suffix}"
    path.write_bytes(b"\x80\x04.")
    with pytest.raises(ValueError, match=r"expected \.safetensors, \.npz or \.onnx, got"):
        load(path)


@pytest.mark.parametrize("name", ["net.safetensors", "net.npz"])
def test_truncated_and_pickled_files_are_one_line(tmp_path, name):
    path = bn.export(load(MEMBER), tmp_path / name)
    content = path.read_bytes()
    for size in (0, 3, 30, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(ValueError, match=r"expected an? .*(safetensors|npz) file") as caught:
            load(path)
        assert len(str(caught.value).splitlines()) == 1
    np.savez(tmp_path / "objects.npz", **{"0.weight": np.array([{}], dtype=object)})
    with pytest.raises(ValueError, match=r"expected an \.npz file of numbers"):
        load(tmp_path / "objects.npz")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.npz")


def without(name):
    return {k: v for k, v in MEMBER.items() if k != name}


@pytest.mark.parametrize(
    ("members", "match"),
    [
        ([], "at least one network, got an empty list"),
        ({}, "member 0: expected tensors by name, got none"),
        ([MEMBER, without("2.bias")], r"member 1: expected the names of member 0, .* \['2.bias'\]"),
        ([MEMBER, {**MEMBER, "0.weight": np.ones((3, 4))}], r"member 1, 0.weight: expected shape"),
        ({**MEMBER, "0.weight": np.full((4, 3), np.nan)}, "0.weight: expected finite values"),
        ({**MEMBER, "0.weight": np.ones((4, 3, 5, 5))}, r"0.weight: .* \(a convolution\?\)"),
        ({**MEMBER, "0.weight": np.ones((4, 3), int)}, "floating-point weights, got int64"),
        ({**MEMBER, "temperature": np.ones(1)}, r"got \['temperature'\] as well"),
        ({**MEMBER, "scale": np.array(1.0)}, r"scale: expected weights, got shape \(\)"),
        ({**MEMBER, "9.weight": np.ones(4), "9.bias": np.ones(4)}, r"\['9.weight', '9.bias'\] as"),
        ({**MEMBER, "2.weight": np.ones((2, 5))}, "matrices that follow one another"),
        ({"0.weight": "many"}, "0.weight: expected numbers"),
        (MLPRegressor(), "expected a fitted MLPRegressor"),
        (3.0, "expected"),
    ],
)  # fmt: skip
def test_what_is_refused(members, match):
    with pytest.raises(ValueError, match=match):
        load(members)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"activation": None}, "activation: expected that of the 1 hidden layers"),
        ({"activation": "swoosh"}, "activation: expected 1 of"),
        ({"activation": ["tanh", "relu"]}, "activation: expected 1 of"),
        ({"output": "argmax"}, "output: expected one of"),
        ({"noise": -1.0}, "noise: expected a positive number"),
        ({"noise": None, "data": X}, "data: expected a pair"),
        ({"orientation": "T"}, "orientation: expected one of"),
        ({"orientation": "in_out"}, "matrices that follow one another"),
        ({"batch_norm": True}, "batch_norm: expected one of"),
        ({"noise": None, "model": bn.load("rnn", hidden=2)}, "model: expected one with the sites"),
    ],
)
def test_arguments(options, match):
    with pytest.raises(ValueError, match=match):
        load(MEMBER, **options)


def test_different_activation_functions_keep_the_layout():
    member = sequential(RNG, (3, 4, 5, 2))
    with pytest.warns(bn.StatisticalWarning, match="activation functions differ"):
        draws = load([member] * 3, activation=["tanh", "relu"])
    assert bn.neurons(draws)["hidden2"].mean.shape[0] == 5
    assert bn.to_state_dict(draws, like=member).keys() == member.keys()


@settings(max_examples=25)
@given(
    widths=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    dtype=st.sampled_from([np.float32, np.float64]),
    bias=st.booleans(),
    data=st.data(),
)
def test_round_trips_are_exact(widths, dtype, bias, data):
    numbers = st.floats(-1e6, 1e6, width=32)
    member = {
        name: data.draw(hnp.arrays(dtype, values.shape, elements=numbers))
        for name, values in sequential(RNG, widths, bias=bias).items()
    }
    draws = load([member, {k: -v for k, v in member.items()}])
    both = bn.to_state_dict(draws, like=member, draw="every")
    for own, sign in zip(both, (1, -1), strict=True):
        assert list(own) == list(member)
        for name, values in member.items():
            assert own[name].dtype == dtype
            np.testing.assert_array_equal(own[name], sign * values)


def test_reduced_networks_go_back_under_their_names():
    draws = load([sequential(np.random.default_rng(i), (3, 4, 2)) for i in range(4)])
    smaller = bn.merge(bn.align(draws), [0, 0, 1, 2], x=X)
    weights = bn.to_state_dict(smaller.draws, like=MEMBER, draw=2)
    assert {k: v.shape for k, v in weights.items()} == {
        "0.weight": (3, 3), "0.bias": (3,), "2.weight": (2, 3), "2.bias": (2,),
    }  # fmt: skip
    found = bn.predict(smaller.draws, X).predictions["mean"][0, 2]
    np.testing.assert_allclose(found, forward(weights, X, "tanh"), atol=1e-12)
    with pytest.raises(ValueError, match="draw: expected a whole number from 0 to 3"):
        bn.to_state_dict(draws, draw=4)
    with pytest.raises(ValueError, match="like: expected a network with the sites"):
        bn.to_state_dict(draws, like=sequential(RNG, (3, 4, 4, 2)))
