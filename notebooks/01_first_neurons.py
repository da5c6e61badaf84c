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
# # First neurons: a noisy sine, a 10-3-20 network, four estimators
#
# A neuron is a row of a weight matrix with its bias and its outgoing weights. When the network is
# estimated from random data, that row is a random vector. This notebook looks at the three hidden
# neurons of a 10-3-20 network. The network reads ten samples of a noisy sine and forecasts the
# next twenty. We estimate the neurons' means, covariances and 90% regions by bootstrap, SVI, NUTS
# and the Laplace approximation.

# %%
import os

import matplotlib.pyplot as plt

import bayesneuron as bn

# `BAYESNEURON_FAST` set: few draws, to see that everything runs. Conclusions need the full size.
FAST = bool(os.environ.get("BAYESNEURON_FAST"))

# %% [markdown]
# ## The series and its windows
#
# The series is the study's: 500 samples, noise of standard deviation 0.2. Every window of ten
# samples is a point of the phase trajectory. The last fifth is held out and standardised with the
# scaling of the first part.

# %%
series = bn.datasets.noisy_sine(length=500, noise=0.2, seed=0)
early, late = bn.split(series, test_size=0.2)
x, y = bn.windows(early, history=10, horizon=20)
x_test, y_test = bn.windows(late, history=10, horizon=20, standardize=x)
model = bn.load("two_layer", inputs=10, hidden=3, outputs=20, activation="tanh")
print(f"{len(x)} windows to train on, {len(x_test)} held out")

# %% [markdown]
# ## Four estimators, one call signature
#
# The bootstrap appears twice. In the study's version every replicate starts at random and stops
# after 70 epochs. Its spread is that of training itself. The second version starts at the best
# optimum (`start="best"`) and runs to convergence. Its spread is that of the data, which is also
# what the other three estimators describe.

# %%
size = {
    "bootstrap": {"replicates": 20 if FAST else 100},
    "svi": {"samples": 200 if FAST else 1000, "steps": 100 if FAST else 2000},
    "laplace": {"samples": 200 if FAST else 1000},
    "nuts": {"samples": 60 if FAST else 1000, "warmup": 60 if FAST else 500},
}
study = bn.bootstrap(model, x, y, seed=0, **size["bootstrap"])
estimates = {
    "bootstrap": bn.bootstrap(
        model, x, y, seed=0, start="best", optimizer="newton", **size["bootstrap"]
    ),
    "svi": bn.svi(model, x, y, seed=0, family="full", **size["svi"]),
    "nuts": bn.nuts(model, x, y, seed=0, chains=4, **size["nuts"]),
    "laplace": bn.laplace(model, x, y, seed=0, **size["laplace"]),
}

# %% [markdown]
# ## Why draws must be aligned
#
# Hidden neurons can be exchanged and flipped without changing the function. The four chains of NUTS
# sit in different copies of one mode. The first row shows one weight as drawn. The second row
# shows it after every draw has been matched to a common reference.

# %%
bn.plot.trace(estimates["nuts"])
plt.show()

# %% [markdown]
# ## The comparison
#
# All methods are aligned to one reference. Some columns:
#
# - `rhat_raw` is R-hat of the raw weights, which an unaligned analysis would report;
# - `rhat` is R-hat after alignment;
# - `rhat_function` is R-hat of the predictions;
# - `null_ratio` is the width of the neurons relative to aligned draws of the *prior*. Alignment
#   creates clusters even from noise. A ratio near 1 means that the data added nothing.

# %%
table = bn.compare(estimates, test=(x_test, y_test))
table

# %%
post = table.posteriors["nuts"]["hidden"]
post

# %% [markdown]
# ## The ellipsoids
#
# The figure shows 90% regions in the space of the first three principal components. The neurons
# are 31-dimensional: ten incoming weights, a bias, and twenty outgoing weights. The projection of
# the covariance is exact. The three methods share one scale.

# %%
hidden = {name: layers["hidden"] for name, layers in table.posteriors.items()}
axes = bn.plot.ellipsoids({name: hidden[name] for name in ("bootstrap", "svi", "nuts")})
if folder := os.environ.get("BAYESNEURON_FIGURES"):
    bn.plot.save_figure(axes[0], f"{folder}/ellipsoids")
plt.show()

# %% [markdown]
# Now the study's bootstrap next to NUTS. Random starts and few epochs spread the neurons far more
# widely than the data alone would.

# %% tags=["thumbnail"]
wide = bn.compare({"study": study, "nuts": estimates["nuts"]}, cv="loo")
bn.plot.projection({name: layers["hidden"] for name, layers in wide.posteriors.items()})
plt.show()

# %% [markdown]
# ## One neuron, weight by weight; and the distribution of a randomly chosen neuron

# %%
bn.plot.forest(hidden, neuron=0)
plt.show()

# %%
bn.plot.mixture(post.select("incoming"))
plt.show()

# %% [markdown]
# ## The forecast of the series

# %%
predictions = bn.predict(estimates["nuts"].isel(draw=slice(None, None, 10)), x_test)
bn.plot.reconstruction(predictions, y_test)
plt.show()
