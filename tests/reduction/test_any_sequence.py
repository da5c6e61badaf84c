"""Whatever is done to draws, in whichever order: their functions stay, or the provenance says why.

The functions are computed here in NumPy from the weights, by the definition of the network.
"""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from scipy.stats import norm

import bayesneuron as bn
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import Fit, build_tree, sites_of_draws, theta_of
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import density
from bayesneuron.numerics.precision import double

FUNCTIONS = {"tanh": np.tanh, "relu": lambda a: np.maximum(a, 0)}
NEURONS, COPIED, CHAINS, DRAWS = 4, 2, 2, 2
RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(25, 3)), RNG.normal(size=(25, 2))


@double
def twins(activation):
    """Six neurons, each draw shuffled: 4 and 5 are copies of 0 and 1, flipped or scaled."""
    rng = np.random.default_rng(1)
    model = bn.load("two_layer", inputs=3, hidden=6, outputs=2, activation=activation)
    rows = 2 * np.linalg.qr(rng.normal(size=(4, 4)))[0]  # apart from each other
    rows = rows + 0.1 * rng.normal(size=(CHAINS * DRAWS, NEURONS, 4))
    rows = np.concatenate([rows, (-1 if activation == "tanh" else 3) * rows[:, :COPIED]], axis=1)
    out = rng.normal(size=(CHAINS * DRAWS, 2, 6))
    for d in range(len(rows)):
        order = rng.permutation(6)
        sign = rng.choice([-1, 1], 6) if activation == "tanh" else np.ones(6)
        rows[d], out[d] = (rows[d] * sign[:, None])[order], (out[d] * sign)[:, order]
    sites = {"hidden_weight": rows[:, :, :3], "hidden_bias": rows[:, :, 3], "output_weight": out}
    sites |= {"output_bias": rng.normal(size=(len(rows), 2)), "noise": rng.uniform(1, 2, len(rows))}
    dens = density(model, *as_arrays(model, X, Y))
    theta = theta_of(dens, bn.from_arrays(sites, model=model))
    fit = Fit(theta.reshape(CHAINS, DRAWS, -1))
    return build_tree(model, fit, X, Y, method="nuts", seed=4)


def function(draws, activation, left_out=()):
    """The mean at X, (chain, draw, observation, output)."""
    w, b, v, c = (
        draws["posterior"][name].to_numpy()
        for name in ("hidden_weight", "hidden_bias", "output_weight", "output_bias")
    )
    h = FUNCTIONS[activation](np.einsum("cdhi,ni->cdnh", w, X) + b[:, :, None])
    h[..., list(left_out)] = 0
    return np.einsum("cdnh,cdoh->cdno", h, v) + c[:, :, None]


def copies(draws):
    """Pairs of neurons that point the same way, or opposite ways, in every draw."""
    sites = sites_of_draws(draws)
    rows = np.concatenate([sites["hidden_weight"], sites["hidden_bias"][..., None]], axis=2)
    rows = rows / np.linalg.norm(rows, axis=2, keepdims=True)
    same = np.abs(np.einsum("dhi,dki->dhk", rows, rows)).min(0) > 1 - 1e-9
    return np.argwhere(np.triu(same, 1)).tolist()


class Sequences(RuleBasedStateMachine):
    """Public verbs on draws, one after another."""

    @initialize(activation=st.sampled_from(sorted(FUNCTIONS)))
    def start(self, activation):
        self.activation, self.draws = activation, twins(activation)
        self.mean = function(self.draws, activation)
        self.widths = [6]

    def width(self):
        return self.draws["posterior"].sizes["hidden"]

    @rule()
    def align(self):
        self.draws = bn.align(self.draws)
        assert provenance_of(self.draws).aligned

    @rule(data=st.data())
    def select(self, data):
        sizes = self.draws["posterior"].sizes
        dim = data.draw(st.sampled_from(["chain", "draw"]))
        order = data.draw(st.permutations(range(sizes[dim])))
        most = data.draw(st.sampled_from([len(order), 1 if dim == "chain" else len(order)]))
        self.draws = self.draws.isel({dim: order[:most]})
        self.mean = np.take(self.mean, order[:most], axis=0 if dim == "chain" else 1)

    @precondition(lambda self: copies(bn.align(self.draws)))
    @rule(centre=st.sampled_from(["best", "mean", "leader"]))
    def merge(self, centre):
        draws = bn.align(self.draws)
        first, second = copies(draws)[0]
        groups = np.arange(self.width())
        groups[second] = first
        self.draws = bn.merge(draws, groups, centre=centre).draws
        assert self.draws.attrs["merged_from"] == self.widths[-1]
        self.widths.append(self.width())

    @precondition(lambda self: copies(bn.align(self.draws)))
    @rule(take_over=st.booleans())
    def prune(self, take_over):
        draws = bn.align(self.draws)
        gone = copies(draws)[0][1]
        keep = [i for i in range(self.width()) if i != gone]
        if not take_over:
            self.mean = function(draws, self.activation, left_out=[gone])
        self.draws = bn.prune(draws, keep, compensate=take_over).draws
        assert self.draws.attrs["pruned_from"] == self.widths[-1]
        self.widths.append(self.width())

    @rule()
    def store(self):
        with tempfile.TemporaryDirectory() as folder:
            again = bn.open(bn.save(self.draws, Path(folder) / "draws.nc"))
        assert again.equals(self.draws)
        assert provenance_of(again) == provenance_of(self.draws)
        self.draws = again

    @rule(group=st.sampled_from(["log_likelihood", "posterior_predictive"]))
    def complete(self, group):
        self.draws = bn.complete(self.draws, group)

    @rule()
    def to_others_and_back(self):
        again = bn.from_state_dicts(
            bn.to_state_dict(self.draws, chain=0, draw=0), activation=self.activation, noise=1.0
        )
        prediction = np.asarray(bn.predict(again, X).predictions["mean"])[0, 0]
        np.testing.assert_allclose(prediction, self.mean[0, 0], atol=1e-6)

    @invariant()
    def the_function_stays(self):
        check_draws(self.draws)
        np.testing.assert_allclose(function(self.draws, self.activation), self.mean, atol=1e-6)

    @invariant()
    def the_provenance_is_true(self):
        made = provenance_of(self.draws)
        assert made.options["hidden"] == self.width() == self.widths[-1]
        assert (made.method, made.seed) == ("nuts", 4)
        assert ("merged_from" in made.details or "pruned_from" in made.details) == (
            len(self.widths) > 1
        )

    @invariant()
    def what_was_computed_belongs_to_these_weights(self):
        if "posterior_predictive" in self.draws.children:
            mean = self.draws["posterior_predictive"]["mean"].to_numpy()
            np.testing.assert_allclose(mean, self.mean, atol=1e-4)
        if "log_likelihood" in self.draws.children:
            scale = self.draws["posterior"]["noise"].to_numpy()[:, :, None, None]
            exact = norm.logpdf(Y, self.mean, scale).sum(-1)
            own = self.draws["log_likelihood"]["y"].to_numpy()
            np.testing.assert_allclose(own, exact, atol=1e-4)


TestSequences = Sequences.TestCase
TestSequences.settings = settings(max_examples=6, stateful_step_count=8)
