"""Modes of chains: planted ones are found, symmetric copies are not taken for modes."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import bayesneuron as bn
from bayesneuron.alignment.numbering import numbered_as
from bayesneuron.diagnostics.mixtures import mix, separation
from bayesneuron.diagnostics.mixtures.stretches import pick
from bayesneuron.draws import complete
from bayesneuron.network.layout import Layout
from bayesneuron.network.symmetry import act

LAYOUT = Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
CENTRES = [
    {"W": np.array([[2.0, 0.0], [0.0, 1.5]]), "V": np.array([[3.0, 1.0]])},
    {"W": np.array([[1.0, 1.0], [-1.0, 2.0]]), "V": np.array([[2.0, -2.0]])},
]


def chains(visits, *, draws=200, noise=0.1, seed=0, copies=True):
    """Draws whose chain c is in mode visits[c][p] for its p-th part, in a copy of its own."""
    rng = np.random.default_rng(seed)
    sites = {k: [] for k in LAYOUT.sites}
    for visit in visits:
        each = draws // len(visit)
        parts = {
            k: np.concatenate([np.repeat(CENTRES[m][k][None], each, 0) for m in visit])
            for k in LAYOUT.sites
        }
        parts = {k: v + rng.normal(0, noise, v.shape) for k, v in parts.items()}
        if copies:
            order = np.tile(rng.permutation(2), (draws, 1))
            sign = np.tile(rng.choice([-1.0, 1.0], 2), (draws, 1))
            parts = act(LAYOUT, parts, "hidden", order, sign)
        for k, v in parts.items():
            sites[k].append(v)
    return bn.from_arrays({k: np.stack(v) for k, v in sites.items()}, layout=LAYOUT, chains=True)


def test_symmetric_copies_are_one_mode():
    modes = bn.modes(chains([(0,), (0,), (0,), (0,)]))
    assert modes.verdict.startswith("one mode (")
    assert (modes.labels == 0).all()


def test_draws_of_one_mode_are_aligned_once(monkeypatch):
    draws = chains([(0,), (0,), (0,), (0,)])
    whole = bn.align(draws)
    labels = np.zeros((4, 4), int)
    again = numbered_as(bn.align(pick(draws, labels, 0)), whole)
    monkeypatch.setattr("bayesneuron.diagnostics._modes.aligned", None)
    (mode,) = bn.modes(draws).trees
    assert set(mode.children) == set(again.children)
    for name in again.children:
        xr.testing.assert_identical(mode[name].to_dataset(), again[name].to_dataset())
    assert mode.attrs == again.attrs


def test_planted_modes_are_found_with_their_chains():
    modes = bn.modes(chains([(0,), (1,), (0,), (1,)]))
    assert modes.verdict.startswith("several modes (")
    first = modes.labels[:, 0]
    assert (modes.labels == first[:, None]).all(), "no chain moved"
    assert first[0] == first[2] != first[1] == first[3]
    assert modes.table()["rhat"].max() < 1.02
    assert modes.apart[0, 1] > 2
    assert modes.table()["share"].isna().all(), "chains that stay where they started weigh nothing"
    with pytest.raises(ValueError, match="moved between modes"):
        modes.mixed(weights="share")
    with pytest.raises(ValueError, match="bridge sampling"):
        modes.mixed(weights="mass")
    assert modes.weighted_by == "draws"
    assert modes.verdict == "several modes (no search for other optima)"


def test_chains_that_jump_weigh_modes_by_share():
    modes = bn.modes(chains([(0, 0, 0, 1), (1, 0, 0, 0)], copies=False))
    assert modes.jumped
    heavy = modes.table().set_index("draws")["share"]
    assert heavy.loc[300] == pytest.approx(0.75)
    assert heavy.loc[100] == pytest.approx(0.25)


def test_chains_that_disagree_in_one_mode_have_not_converged():
    tree = chains([(0,), (0,)], copies=False)
    tree.posterior["W"][1, :, 0, 0] += 0.08  # under two standard deviations
    modes = bn.modes(tree)
    assert len(modes.trees) == 1
    rhat = modes.statistics["rhat"][0]
    assert modes.verdict.startswith(f"not converged (R-hat {rhat:.3g} within a mode; ")


@settings(max_examples=5)
@given(seed=st.integers(0, 50))
def test_modes_do_not_depend_on_the_copy(seed):
    plain = bn.modes(chains([(0,), (1,)], draws=80, seed=3, copies=False))
    moved = bn.modes(chains([(0,), (1,)], draws=80, seed=seed))
    assert len(plain.trees) == len(moved.trees) == 2
    norms = [np.sort(np.linalg.norm(m.mixture().means, axis=2).ravel()) for m in (plain, moved)]
    np.testing.assert_allclose(norms[0], norms[1], atol=0.1)


def test_a_mixture_obeys_the_law_of_total_covariance():
    rng = np.random.default_rng(0)
    posts = [
        bn.neurons(bn.from_arrays(
            {"W": CENTRES[0]["W"] + shift + rng.normal(0, 0.1, (400, 2, 2)),
             "V": CENTRES[0]["V"] + rng.normal(0, 0.1, (400, 1, 2))}, layout=LAYOUT),
            shrink=False)["hidden"]
        for shift in (0.0, 0.6)
    ]  # fmt: skip
    both = mix(posts, np.array([1.0, 1.0]))
    pooled = np.concatenate([p.by_draw for p in posts])
    for i in range(2):
        direct = np.cov(pooled[:, i].T, bias=True)
        np.testing.assert_allclose(both.cov[i], direct, atol=1e-3)
    assert (both.share_between > 0.5).all()
    assert mix(posts, [1.0, 0.0]).share_between.tolist() == [0.0, 0.0]


def test_mixed_draws_have_the_weights():
    modes = bn.modes(chains([(0, 0, 0, 1), (1, 0, 0, 0)], copies=False))
    mixed = modes.mixed(weights="share", chains=2)
    first = np.abs(mixed.posterior["V"].values).min(axis=-1).ravel() < 1.5  # 1 there, 2 here
    assert first.mean() == pytest.approx(0.75, abs=0.02)


def test_mixed_predictions_have_the_weights_where_fewer_of_them_are_kept():
    tree = chains([(0, 0, 0, 1), (1, 0, 0, 0)], copies=False)
    kept = tree.posterior["V"].values.min(axis=-1)[:, ::2]  # of every other draw
    predictive = xr.Dataset({"mean": (("chain", "draw", "observation"), kept)})
    tree["posterior_predictive"] = xr.DataTree(predictive)
    modes = bn.modes(tree)
    mixed = modes.mixed(weights="share", chains=2)
    first = mixed.posterior_predictive["mean"].values
    assert first.shape[:2] == (2, mixed.posterior.sizes["draw"] // 2)
    assert (first > -1.0).mean() == pytest.approx(0.75, abs=0.02)  # 1 there, -2 here


def test_a_single_mode_numbers_neurons_as_all_else_does():
    draws = bn.align(chains([(0,), (0,)]))
    swapped = act(LAYOUT, {k: np.asarray(v)[0] for k, v in draws.posterior.data_vars.items()},
                  "hidden", np.tile([1, 0], (200, 1)), np.ones((200, 2)))  # fmt: skip
    reference = bn.align(bn.from_arrays(swapped, layout=LAYOUT))
    reference["reference"] = draws["reference"].to_dataset().isel(hidden=[1, 0])
    moved = bn.align(draws, reference=reference)
    mode = bn.modes(moved).trees[0]
    np.testing.assert_array_equal(mode.posterior["W"], moved.posterior["W"])
    assert not np.allclose(moved.posterior["W"], draws.posterior["W"])


def test_modes_and_mixtures_print_on_one_screen():
    modes = bn.modes(chains([(0,), (1,), (0,), (1,)]))
    table = modes.table()
    table["rhat"] = np.nan  # a copy
    assert np.isfinite(modes.table()["rhat"]).all()
    assert "several modes (no search for other optima); modes: 2, chains: 4" in repr(modes)
    for result in (modes, modes.mixture("hidden")):
        assert len(repr(result).splitlines()) < 12
        assert repr(result).splitlines()[-1].startswith("Columns: docs/glossary")
        assert result._repr_html_().count("<table") == 1


def test_separation_is_in_standard_deviations():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 20_000, 1)) * 3 + np.array([0.0, 6.0])[:, None, None]
    assert separation(values)[0, 1] == pytest.approx(2.0, abs=0.05)


def test_bad_input():
    x, y = bn.windows(bn.datasets.noisy_sine(length=40), history=3)
    model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    draws = bn.laplace(model, x, y, samples=20, starts=2)
    with pytest.raises(ValueError, match="independent draws of 'laplace'"):
        bn.modes(draws)
    with pytest.raises(ValueError, match="apart: expected a positive"):
        bn.modes(chains([(0,), (0,)]), apart=0)
    with pytest.raises(ValueError, match="at least 8 draws"):
        bn.modes(chains([(0,), (0,)], draws=4))
    with pytest.raises(ValueError, match="weights: expected 1"):
        mix([bn.neurons(draws)["hidden"]], [1.0, 2.0])
    with pytest.raises(ValueError, match="layer: expected one of"):
        bn.modes(chains([(0,), (0,)])).mixture("nowhere")


@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_modes_of_a_sampler():
    x, y = bn.windows(bn.datasets.noisy_sine(length=80), history=3)
    model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    draws = bn.nuts(model, x, y, chains=4, samples=2000, starts=4)
    modes = bn.modes(draws)
    assert modes.verdict.startswith("one mode ("), modes
    assert "distinct optim" in modes.verdict
    assert modes.table()["stacking"].tolist() == [1.0]
    assert modes.rhat_function <= 1.02
    predicted = bn.predict(modes.mixed(), x[:3])
    assert predicted.predictions["mean"].shape[2:] == (3, 1)


@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_chains_at_distinct_optima_are_two_each():
    x, y = bn.windows(bn.datasets.noisy_sine(length=80), history=3)
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    draws = bn.nuts(model, x, y, chains=4, samples=20, warmup=20, starts=8, start="modes", seed=0)
    height = np.asarray(draws.attrs["start_log_joint"])
    assert len(height) <= 2
    assert (np.diff(height) < -0.01).all(), "best first, all distinct"
    assert sorted(draws.attrs["start_mode"]) == sorted(np.resize(range(len(height)), 4))


@pytest.mark.slow
@pytest.mark.parametrize("drift", [0.01, 0.0])
def test_a_chain_that_sticks_is_no_mode(drift):
    """One stretch hardly moves, next to the rest: its leave-one-out densities are no test."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    _, y = bn.calibration.simulate(model, x, seed=1)
    draws = complete(bn.nuts(model, x, y, chains=4, samples=400, starts=4, seed=0))
    best = int(np.asarray(draws.log_likelihood["y"].sum("observation"))[0, 300:].argmax())
    for group in ("posterior", "log_likelihood", "posterior_predictive"):
        changed = draws[group].to_dataset().copy(deep=True)
        for name, values in changed.data_vars.items():
            if values.dims[:2] == ("chain", "draw"):
                lively = values.values[0, 300:]
                slow = np.linspace(3.0, 3.0 + drift, 100).reshape(-1, *[1] * (lively.ndim - 1))
                changed[name].values[0, 300:] = lively[best] + slow * lively.std(axis=0)
        draws[group] = changed
    modes = bn.modes(draws)
    assert modes.stuck.tolist() == [False, True]
    assert modes.weights.tolist() == [1.0, 0.0]
    assert modes.verdict.startswith("not converged (1 of 2 modes are chains that do not move; ")
    report = bn.diagnose(draws)
    assert not report.converged
    assert "target_accept=0.95" in str(report)


def test_chains_that_disagree_are_not_stuck():
    rng = np.random.default_rng(0)
    parts = {k: np.stack([CENTRES[m][k] + rng.normal(0, 0.1, (400, *CENTRES[m][k].shape))
                          for m in (0, 0, 1, 1)]) for k in LAYOUT.sites}  # fmt: skip
    parts["W"][1] += 0.15  # a standard deviation and a half, in every weight
    modes = bn.modes(bn.from_arrays(parts, layout=LAYOUT, chains=True))
    assert len(modes.trees) == 2
    assert modes.table()["ess"].min() < 10
    assert not modes.stuck.any()
