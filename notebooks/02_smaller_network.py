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
# # A smaller network: from draws to as few neurons as the data ask for
#
# A 20-8-20 network reads twenty samples of a noisy sine and forecasts the next twenty. Its eight
# hidden neurons are estimated, looked at together (relevance, graph, communities), and reduced: by
# merging the communities, and by leaders chosen for the function. The smaller network keeps a
# posterior, is sampled anew from the merged draws, and is compared with the full one. Singular
# spectrum analysis is the linear way to describe the same series.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np
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
# The last third is held out, and standardised by the first part. Draws are aligned once: from
# here on neuron `i` is the same neuron in every draw, as far as it can be told: three of the eight
# are `ambiguous`, hardly narrower than under the prior (`null_ratio`), and may be spare.

# %%
series = bn.datasets.noisy_sine(length=LENGTH, noise=0.2, seed=0)
early, late = bn.split(series, test=0.3)
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
# A neuron's share of the variance that the outputs receive, draw by draw, with its 90% interval.
# Shares sum to one, and are negative where a neuron works against the rest. `removed` is the change
# of the held-out log density if the neuron goes and its mean stays, `taken_over` if the others take
# over what they can: the first says that a neuron is used, the second that it is needed. Most are
# used, few are needed.

# %%
relevance = bn.relevance(full, x_test, y_test)
relevance.table().round(3)

# %%
bn.plot.relevance(relevance)
plt.show()

# %% [markdown]
# ## Graph
#
# Edges are of *activation* similarity, the one that licenses a merge: they are drawn where the
# correlation over the data exceeds 0.5 in size with posterior probability 0.95.

# %%
activations = bn.activations(full, x)
graph = bn.graph(
    {"hidden": post},
    activations=activations,
    threshold=0.5,
    relevance={"hidden": np.abs(relevance.share.mean(axis=0))},
)
bn.plot.graph(graph)
plt.show()

# %% [markdown]
# ## Communities, and how sure they are
#
# Every draw gives a partition, and here they agree on none. Neurons of a sine differ in phase: each
# resembles its neighbours in a chain (see the graph), and a chain has no groups. p is large against
# both nulls, each neuron's activations moved in a circle or put in random order: modularity, which
# asks for contrast between groups, finds less of it than in noise.

# %%
found = bn.activation_communities(activations["hidden"], names=list(graph), seed=0)
print(found)
shuffled = bn.activation_communities(
    activations["hidden"], names=list(graph), shuffle="permute", seed=0
)
print(f"\np = {found.p_value:.2f} shifted, {shuffled.p_value:.2f} in random order")
found.table()

# %%
bn.plot.comembership(found)
plt.show()

# %% [markdown]
# ## Merge the communities; reduce by leaders
#
# The graph has a partition all the same, as any graph has. Merged by it, each community becomes one
# neuron in every draw, and the outputs read it in place of its members. `bn.reduce` asks another
# question: by which neurons can the others be expressed? It answers at every size, and chooses the
# smallest network whose held-out elpd is within one standard error of the best.

# %%
by_graph = bn.communities(graph, seed=0)
print(by_graph.groups())
small, merged = bn.merge(full, by_graph, x, y)
path = bn.reduce(full, test=(x_test, y_test))
path.curve.round(3)

# %%
ax = bn.plot.curve(path, label="held-out RMSE")
error = float(bn.compare({"merged": merged}, test=(x_test, y_test)).methods["rmse"].iloc[0])
ax.plot(small.options["hidden"], error, "kx", label="communities merged")
ax.legend(fontsize=8, frameon=False)
plt.show()

# %% [markdown]
# With as many neurons, communities do worse than leaders: neurons that resemble each other are not
# neurons that can speak for all.
#
# ## A posterior of its own
#
# The reduced draws are the image of the full posterior, not draws of the small network's own. NUTS
# started at them gives those. `bn.refit` only trains on: no posterior.

# %%
reduced = path.draws
refitted = bn.refit(reduced, x, y, optimizer=bn.Adam(epochs=5, learning_rate=1e-3))
sampled = bn.nuts(path.model, x, y, start=reduced, seed=0, **NUTS)
estimates = {
    f"full, {HIDDEN} neurons": full,
    f"reduced to {path.widths['hidden']}": reduced,
    "reduced, refitted": refitted,
    "reduced, NUTS": sampled,
}
wanted = ["rmse", "lpd", "coverage", "elpd_loo", "rhat", "rhat_function", "seconds"]
rows = [
    bn.compare({name: draws}, test=(x_test, y_test)).methods.reindex(columns=wanted)
    for name, draws in estimates.items()
]
table = pd.concat(rows)
table.round(3)

# %% [markdown]
# `rmse` is of the mean forecast, in the units of the series (the noise alone has 0.2); `lpd` the
# mean held-out log density of a window; `elpd_loo` means what it says only in the rows of NUTS. In
# the full network the predictions have mixed (`rhat_function`) and the neurons have not (`rhat`):
# spare neurons wander. In the small one the neurons are identified, and sampling is faster.
#
# ## The neurons that are left

# %%
bn.plot.regions(bn.neurons(sampled)["hidden"])
plt.show()

# %%
told = bn.predict(sampled.isel(draw=slice(None, None, 10)), x_test)
bn.plot.reconstruction(told, y_test)
plt.show()

# %% [markdown]
# ## The linear baseline: singular spectrum analysis
#
# Error of reconstruction against the number of components, on the series and, with its patterns
# held fixed, on the held-out part; the networks' errors are laid over it. They answer different
# questions: SSA *describes* a window that it has seen, so its error falls to zero as it describes
# the noise as well; the networks *forecast* samples that they have not seen, and cannot fall below
# the noise. Two components are the sine; what comes after them is noise.

# %%
analysis = bn.ssa(early, window=INPUTS + OUTPUTS)
ax = bn.plot.components(analysis.errors(late))
ax.axhline(0.2, color="0.5", lw=1, ls=":", label="noise of the series")
styles = ["-", "--"]
for style, name in zip(styles, (next(iter(estimates)), "reduced, NUTS"), strict=True):
    ax.axhline(table.loc[name, "rmse"], color="k", lw=1, ls=style, label=f"forecast, {name}")
ax.legend(fontsize=8, frameon=False)
plt.show()
