"""Draws under which the data have no density: no size is chosen, and the result says so."""

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.app.smaller import in_one_sentence, smaller
from bayesneuron.app.summary import structure


@pytest.fixture(scope="module")
def hopeless():
    """Aligned draws whose predictions are too large for a density, and their data."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 2))
    sites = {
        "hidden_weight": rng.normal(size=(1, 60, 3, 2)),
        "hidden_bias": rng.normal(size=(1, 60, 3)),
        "output_weight": rng.normal(size=(1, 60, 1, 3)) * 1e140,
        "output_bias": np.zeros((1, 60, 1)),
        "noise": np.full((1, 60), 1e-20),
    }
    model = bn.load("two_layer", inputs=2, hidden=3, outputs=1, prior="normal")
    return bn.align(bn.from_arrays(sites, model=model, chains=True, data=(x, x[:, :1]))), x


def test_the_network_stays_whole_with_one_warning(hopeless):
    draws, x = hopeless
    with pytest.warns(bn.StatisticalWarning, match="no size can be chosen") as caught:
        reduction = bn.reduce(draws, x, x[:, :1], test=(x, x[:, :1]), score="merged")
    assert len([w for w in caught if "no size" in str(w.message)]) == 1
    assert reduction.widths == {"hidden": 3}
    assert reduction.curve["loss"].isna().all()
    assert repr(reduction).startswith("Reduction: no size can be chosen")
    outcome = in_one_sentence(reduction)
    assert outcome.startswith("No size can be chosen")
    text = " ".join(smaller(reduction, outcome, "RMSE"))
    assert "not finite" in text
    assert "nan" not in text


@pytest.mark.filterwarnings("ignore")
def test_the_summary_of_a_run_says_so(hopeless):
    draws, x = hopeless
    pair = x, x[:, :1]
    text = repr(structure(draws, pair, pair, seed=0, score="merged"))
    assert "Not reduced: no size can be chosen" in text
    assert "nan" not in text.splitlines()[-1]
