"""Windows as panels of others, and names of inputs wherever they are shown."""

import numpy as np
import pandas as pd
import pytest

import bayesneuron as bn

TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), columns=["Fz", "Cz"])


def test_a_panel_has_the_samples_of_the_windows():
    x, _ = bn.windows(TABLE, 5, exogenous=np.arange(40.0), standardize=False)
    panel = bn.to_panel(x)
    assert panel.shape == (35, 2, 5)
    np.testing.assert_array_equal(panel[3], TABLE.to_numpy()[3:8].T)
    long = bn.to_panel(x, "pd-multiindex")
    assert long.columns.tolist() == ["Fz", "Cz"]
    np.testing.assert_array_equal(long.loc[3], TABLE.to_numpy()[3:8])
    back = bn.as_series(long)
    np.testing.assert_array_equal(back, long.to_numpy())
    assert np.unique(back["recording"]).size == 35


def test_what_are_no_windows_is_refused():
    with pytest.raises(ValueError, match="x: expected windows"):
        bn.to_panel(np.ones((3, 4)))
    with pytest.raises(ValueError, match="kind: expected one of"):
        bn.to_panel(bn.windows(TABLE, 5)[0], "polars")


def test_darts_has_a_series_for_each_window():
    pytest.importorskip("darts")
    x, _ = bn.windows(TABLE, 5, standardize=False)
    series = bn.to_panel(x, "darts")
    np.testing.assert_array_equal(series[3].values(), TABLE.to_numpy()[3:8])


def draws_of(network, x, y, **options):
    model = bn.load(network, hidden=2, outputs=2, **options)
    return bn.bootstrap(model, x, y, replicates=4, optimizer=bn.Adam(epochs=2))


def test_channels_are_named_in_a_recurrent_network():
    x, y = bn.windows(TABLE, 5)
    post = bn.neurons(draws_of("rnn", x, y, channels=2, output="identity"))["hidden"]
    assert post.weights[:2] == ("Fz", "Cz")


def test_inputs_are_named_among_the_nodes():
    x, y = bn.windows(TABLE, 2)
    nodes = bn.clusterability(draws_of("two_layer", x, y, inputs=4), null=2, most=2).names
    assert set(x["input_name"].values) < set(nodes)
    assert "hidden[0]" in nodes
