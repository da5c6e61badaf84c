"""A stopped SVI or Laplace approximation goes on from its checkpoint, to the same bits."""

import pytest
import xarray as xr
from conftest import data_for, network

import bayesneuron as bn
from bayesneuron.inference import _laplace as laplace_module
from bayesneuron.inference import _svi as module
from bayesneuron.inference import elbo_steps

QUICK = {"samples": 20, "steps": 40, "starts": 2, "particles": 2}


def fitted(**options):
    return bn.svi(network("two_layer"), *data_for("two_layer"), **QUICK, **options)


def test_a_stopped_fit_goes_on_to_the_same_bits(tmp_path, monkeypatch):
    expected, seen, whole = fitted(), [], elbo_steps.fetched

    def stopped(part):
        if len(seen) == 5:
            raise KeyboardInterrupt
        seen.append(part)
        return whole(part)

    with monkeypatch.context() as patch:
        patch.setattr(elbo_steps, "fetched", stopped)
        with pytest.raises(KeyboardInterrupt, match=r"6 blocks are kept in .*; the same call"):
            fitted(checkpoint=tmp_path / "run")
    monkeypatch.setattr(module, "centre_of", None)  # kept, so not sought again
    steps = []
    monkeypatch.setattr(elbo_steps, "fetched", lambda part: [steps.append(1), whole(part)][1])
    draws = fitted(checkpoint=tmp_path / "run")
    assert len(steps) == 15
    for group in ("posterior", "sample_stats", "optimization"):
        xr.testing.assert_equal(draws[group].to_dataset(), expected[group].to_dataset())
    again = fitted(checkpoint=tmp_path / "run")
    assert len(steps) == 15
    xr.testing.assert_equal(again.posterior.to_dataset(), draws.posterior.to_dataset())


@pytest.mark.parametrize("other", [{"seed": 1}, {"family": "mean_field"}, {"temper": 0.5}])
def test_the_checkpoint_of_another_fit_is_refused(tmp_path, monkeypatch, other):
    def stopped(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "centre_of", stopped)
    with pytest.raises(KeyboardInterrupt):
        fitted(checkpoint=tmp_path / "run")
    with pytest.raises(ValueError, match="checkpoint: expected"):
        fitted(checkpoint=tmp_path / "run", **other)


@pytest.mark.parametrize("prior", ["normal", "hierarchical"])
def test_a_laplace_approximation_goes_on_from_its_mode(tmp_path, monkeypatch, prior):
    model = bn.load("mlp", inputs=4, hidden=(2,), outputs=1, prior=prior)
    fit = lambda **options: bn.laplace(
        model, *data_for("two_layer"), samples=20, starts=2, **options
    )
    expected, folder = fit(), tmp_path / "run"

    def stopped(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(laplace_module, "full_normal", stopped)
        with pytest.raises(KeyboardInterrupt, match=r"1 blocks are kept in .*; the same call"):
            fit(checkpoint=folder)
    for search in ("_jointly", "_by_evidence"):
        monkeypatch.setattr(laplace_module, search, None)
    draws = fit(checkpoint=folder)
    for group in ("posterior", "sample_stats", "linearised"):
        xr.testing.assert_equal(draws[group].to_dataset(), expected[group].to_dataset())
    for name, value in expected.attrs.items():
        assert name in ("seconds", "created_at") or draws.attrs[name] == value, name
    with pytest.raises(ValueError, match="checkpoint: expected"):
        fit(checkpoint=folder, seed=1)
