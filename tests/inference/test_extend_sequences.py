"""Whatever is done between, `extend` keeps the draws that are there, or refuses and says why."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import bayesneuron as bn

RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(25, 3)), RNG.normal(size=(25, 2))
MODEL = bn.load("two_layer", inputs=3, hidden=3, outputs=2)
EPOCH = bn.Adam(epochs=1)


def function(draws):
    """The mean at X by the definition of the network, (draw, observation, output)."""
    w, b, v, c = (
        draws["posterior"][name].to_numpy()[0]
        for name in ("hidden_weight", "hidden_bias", "output_weight", "output_bias")
    )
    h = np.tanh(np.einsum("dhi,ni->dnh", w, X) + b[:, None])
    return np.einsum("dnh,doh->dno", h, v) + c[:, None]


class Extended(RuleBasedStateMachine):
    """A bootstrap that grows, between verbs that change it and verbs that do not."""

    @initialize(replicates=st.integers(1, 30))
    def start(self, replicates):
        self.draws = bn.bootstrap(MODEL, X, Y, replicates=replicates, optimizer=EPOCH)
        self.mean, self.changed = function(self.draws), False

    @rule(more=st.integers(1, 30))
    def extend(self, more):
        count = len(self.mean)
        if self.changed:
            with pytest.raises(ValueError, match="draws: expected"):
                bn.extend(self.draws, more)
            return
        self.draws = bn.extend(self.draws, more)
        made = function(self.draws)
        assert len(made) == count + more
        np.testing.assert_array_equal(made[:count], self.mean)
        np.testing.assert_array_equal(
            self.draws["sample_stats"]["replicate"].to_numpy()[0], np.arange(count + more)
        )
        self.mean = made

    @rule()
    def align(self):
        self.draws, self.changed = bn.align(self.draws), True

    @rule(data=st.data())
    def select(self, data):
        count = len(self.mean)
        most = data.draw(st.integers(1, count))
        self.draws = self.draws.isel(draw=slice(most))
        self.mean, self.changed = self.mean[:most], self.changed or most < count

    @rule()
    def store(self):
        with tempfile.TemporaryDirectory() as folder:
            self.draws = bn.open(bn.save(self.draws, Path(folder) / "draws.nc")).load()

    @rule()
    def complete(self):
        self.draws = bn.complete(self.draws, "log_likelihood")

    @invariant()
    def the_function_stays(self):
        np.testing.assert_allclose(function(self.draws), self.mean, atol=1e-9)


TestExtended = Extended.TestCase
TestExtended.settings = settings(max_examples=5, stateful_step_count=7)
