# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A smaller network: from draws to as few neurons as the data require
#
# A 20-8-20 network reads twenty samples of a noisy sine and forecasts the next twenty. We
# estimate its eight hidden neurons, study them together (relevance, graph, communities), and
# reduce the network in two ways: by merging communities, and by leaders that preserve the
# function. The smaller network keeps a posterior. NUTS, started at the merged draws, samples its
# own posterior, which is compared with the full one. Singular spectrum analysis is the linear way
# to describe the same series.

# %%
import os

import matplotlib.pyplot as plt
import pandas as pd

import bayesneuron as bn

# `BAYESNEURON_FAST` set: a small network and few draws, to see that everything runs.
# What the text says is of the full size.
FAST = bool(os.environ.get("BAYESNEURON_FAST"))
INPUTS, HIDDEN, OUTPUTS, LENGTH = (5, 3, 2, 160) if FAST else (20, 8, 20, 500)
NUTS = (
    {"chains": 2, "samples": 30, "warmup": 30, "starts": 2}
    if FAST
    else {"chains": 4, "samples": 500, "warmup": 300, "starts": 12}
)

# %% [markdown]
# ## Estimate
#
# The last 30% are held out and standardised with the scaling of the first part. Draws are
# aligned once. From here on neuron `i` is the same neuron in every draw, as far as it can be
# identified. Three of the eight are `ambiguous` and hardly narrower than under the prior
# (`null_ratio`). They may be redundant.

# %%
series = bn.datasets.noisy_sine(length=LENGTH, noise=0.2, seed=0)
early, late = bn.split(series, test_size=0.3)
x, y = bn.windows(early, history=INPUTS, horizon=OUTPUTS)
x_test, y_test = bn.windows(late, history=INPUTS, horizon=OUTPUTS, standardize=x)
model = bn.load("two_layer", inputs=INPUTS, hidden=HIDDEN, outputs=OUTPUTS, activation="tanh")
start = "prior" if FAST else "optima"
full = bn.align(bn.nuts(model, x, y, start=start, seed=0, **NUTS))
post = bn.neurons(full)["hidden"]
post

# %% [markdown]
# ## Relevance
#
# The figure shows each neuron's share of the variance that the outputs receive, draw by draw,
# with its 90% interval. Shares sum to one, and are negative if a neuron works against the rest.
# Two columns give the change of the held-out log density:
#
# - `removed`: the neuron is removed and its mean stays. This shows whether the neuron is used.
# - `taken_over`: the others take over what they can first. This shows whether it is needed.
#
# Most neurons are used, but few are needed. Alone, only `hidden[1]` and `hidden[2]` cannot be taken
# over: 30 and 44 nats are lost, with errors of 8. The `verdict` is about leaving together. Neurons
# leave one after another, the cheapest first, and are `redundant` as long as each costs at most
# four nats. Those that are `live` stay at the end, even if they could leave alone, as `hidden[0]`
# (-1.1 ± 7.9 nats).

# %%
relevance = bn.relevance(full, x_test, y_test)
relevance.table().round(3)

# %%
bn.plot.relevance(relevance)
plt.show()

# %% [markdown]
# ## Graph
#
# Edges show *activation* similarity, the one that licenses a merge. There is an edge if the
# absolute correlation over the data exceeds 0.5 with posterior probability 0.95.

# %%
graph = bn.graph(
    full,
    x=x,
    threshold=0.5,
    relevance=relevance,
)
bn.plot.graph(graph)
plt.show()

# %% [markdown]
# ## Communities, and how certain they are
#
# Every draw gives a partition, and here the draws do not agree on one. The neurons of a sine differ
# in phase. Five of them form a ring, 0-1-2-4-3-0. Each resembles its two neighbours. A ring has no
# groups. The p-value is large against both nulls: activations of each neuron rotated in time, or
# put in random order. Modularity requires contrast between groups, and finds less of it here than
# in noise. The warning has the p-value and the number of communities in the partition (one).

# %%
communities = bn.communities(full, x=x, seed=0)
print(communities)
shuffled = bn.communities(full, x=x, shuffle="permute", seed=0)
print(f"\np = {communities.p_value:.2f} shifted, {shuffled.p_value:.2f} in random order")

# %%
bn.plot.comembership(communities)
plt.show()

# %% [markdown]
# ## Merge the communities; reduce by leaders
#
# The graph has a partition all the same, as any graph has. If we merge by it, each community
# becomes one neuron in every draw, and the outputs read that neuron in place of the members.
# `bn.reduce` asks another question: by which neurons can the others be expressed? It answers at
# every size. With `score="merged"` it chooses the smallest network whose merged draws have a
# held-out elpd within one standard error of the best, or 2 nats: the smallest that keeps the
# function. By default it would sample each size's own posterior, and ask how few neurons can
# learn the data. The held-out windows choose the size here. Their error at the chosen size is then
# the score of a selection: somewhat optimistic for windows that come later.

# %%
by_graph = bn.communities(graph, seed=0)
print(by_graph.groups())
small, merged = bn.merge(full, by_graph, x, y)
path = bn.reduce(full, test=(x_test, y_test), score="merged")
path.curve.round(3)

# %%
ax = bn.plot.curve(path, label="held-out RMSE")
error = float(bn.compare({"merged": merged}, test=(x_test, y_test)).methods["rmse"].iloc[0])
ax.plot(small.options["hidden"], error, "kx", label="communities merged")
ax.legend(fontsize=8, frameon=False)
plt.show()

# %% [markdown]
# With the same number of neurons, these communities do worse than leaders: neurons that resemble
# each other are not neurons that can represent the others.
#
# ## A posterior of its own
#
# The reduced draws are the image of the full posterior. They are not draws from the small
# network's own posterior. NUTS, started at them, gives those. `bn.refit` only continues training,
# and its result is not a posterior.
#
# The rival of both is a network of that size from the start: NUTS with the same windows and
# settings, and without the full network.

# %%
reduced = path.draws
refitted = bn.refit(reduced, x, y, optimizer=bn.Adam(epochs=5, learning_rate=1e-3))
sampled = bn.nuts(path.model, x, y, start=reduced, seed=0, **NUTS)
scratch = bn.nuts(path.model, x, y, start=start, seed=0, **NUTS)
estimates = {
    f"full, {HIDDEN} neurons": full,
    f"reduced to {path.widths['hidden']}": reduced,
    "reduced, refitted": refitted,
    "reduced, NUTS": sampled,
    f"{path.widths['hidden']} from scratch": scratch,
}
wanted = ["rmse", "lpd", "coverage", "elpd_loo", "rhat", "rhat_function", "seconds"]
rows = [
    bn.compare({name: draws}, test=(x_test, y_test)).methods.reindex(columns=wanted)
    for name, draws in estimates.items()
]
table = pd.concat(rows)
table.round(3)

# %% [markdown]
# How to read the columns:
#
# - `rmse` is that of the mean forecast, in the units of the series (the noise alone has 0.2);
# - `lpd` is the mean held-out log density of a window;
# - `elpd_loo` is meaningful in the rows of NUTS only.
#
# All five forecast alike: RMSE from 0.217 to 0.218. In the full network the predictions have mixed
# (`rhat_function` 1.01) but the neurons have not (`rhat` 1.43). In both networks of four neurons
# the neurons mix better (`rhat` 1.09) and the predictions worse (`rhat_function` 1.04 from the
# reduced draws, 1.08 from scratch). Of 2,000 draws 72 and 15 diverged. None has fully converged.
#
# **If it is known that four neurons suffice, the full network is not needed.** Four from scratch
# forecast as well, and take 17 s with their own search for optima from twelve starts. The full run
# takes 412 s, and the reduced one 44 s after it. What the full network gives is the number four,
# and the neurons that the small network replaces. Whether sampling every size from scratch finds
# the number sooner is not tried here. Seconds are of equal numbers of draws, not of equally many
# effective ones, on a machine with other work: an earlier run of the full network took 223 s.
#
# ## The neurons that remain

# %% tags=["thumbnail"]
bn.plot.regions(bn.neurons(sampled)["hidden"])
plt.show()

# %%
predictions = bn.predict(sampled.isel(draw=slice(None, None, 10)), x_test)
bn.plot.reconstruction(predictions, y_test)
plt.show()

# %% [markdown]
# ## The linear baseline: singular spectrum analysis
#
# The figure shows the reconstruction error against the number of components: on the series and,
# with its patterns held fixed, on the held-out part. The errors of the networks are drawn over
# it. They answer different questions. SSA *describes* a window that it has seen. Its error falls
# to zero, because it describes the noise as well. The networks *forecast* samples that they have
# not seen, and cannot fall below the noise. Two components are the sine; the components after
# them are noise.

# %%
analysis = bn.ssa(early, window=INPUTS + OUTPUTS)
ax = bn.plot.components(analysis.errors(late))
ax.axhline(0.2, color="0.5", lw=1, ls=":", label="noise of the series")
styles = ["-", "--"]
for style, name in zip(styles, (next(iter(estimates)), "reduced, NUTS"), strict=True):
    ax.axhline(table.loc[name, "rmse"], color="k", lw=1, ls=style, label=f"forecast, {name}")
ax.legend(fontsize=8, frameon=False)
plt.show()

# %% [markdown]
# ## Conclusion
#
# - **Four of eight neurons keep the function**: merged, they have the RMSE of the full network
#   (0.217) on the windows that chose the size.
# - **Communities are not the way to find them.** The draws do not agree on any, and merging those
#   of the graph has a larger error than five leaders.
# - **The small network has a posterior of its own.** Its neurons mix better than those of the full
#   one, its predictions do not. It has divergences, and longer chains are needed before its regions
#   are reported.
# - **Reduction finds the size; it does not make the forecast better.** Four neurons from scratch
#   have the same error in a fraction of the time, once the number is known.
