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
import pandas as pd

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
# optimum (`start="best"`) and runs to convergence. Its spread is that of the data: how the optimum
# moves when windows are drawn again. The other three estimate the posterior: what the data and the
# prior leave open. The two are near each other only where the model is right and the data are many.

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

# %% [markdown]
# SVI, NUTS and Laplace agree: between any two, means of hidden neurons differ by at most 0.32
# standard deviations, and log volumes by less than 0.9 in 31 dimensions. Laplace's Pareto k of 0.79
# is above 0.7: its normal misses some of the posterior.
#
# The bootstrap does not agree with them. Its means are 1.2 to 1.3 standard deviations away, and its
# log volumes larger by 8 to 9. Its held-out `lpd` is the best (-5.29 against -6.08 of NUTS),
# although its intervals cover less (0.86 against 0.89). Its `elpd_loo` is far lower, but 255 of 371
# rows have too large a k, so that this number says nothing.
#
# Is its width that of the data, or does training stop early? The sandwich is Laplace's formula for
# the spread of an optimum under new data. It trains nothing again. The table has standard
# deviations of weights relative to NUTS, averaged over the hidden neurons.

# %%
again = bn.compare(
    {
        **{name: estimates[name] for name in ("nuts", "laplace", "bootstrap")},
        "sandwich": bn.laplace(model, x, y, seed=0, covariance="sandwich", **size["laplace"]),
    },
    test=(x_test, y_test),
)
sd = {name: layers["hidden"].by_draw.std(axis=0) for name, layers in again.posteriors.items()}
pd.DataFrame(
    {
        "sd / nuts": {name: (value / sd["nuts"]).mean() for name, value in sd.items()},
        "lpd": again.methods["lpd"],
    }
).round(2)

# %% [markdown]
# The sandwich is as wide as the bootstrap: 1.92 against 1.91 times NUTS. Training does not make
# this width, the data do. Under a right model and a weak prior, sandwich and Laplace are equal for
# many data. Here they differ by a factor of two, so that the model is not right in every respect,
# and its posterior is narrower than the scatter of the optimum. Which assumption fails is not
# tested. The likelihood takes the twenty errors of a window as independent. They need not be, since
# one noisy input enters all of them. The wider draws have the better held-out `lpd`, both of them.

# %%
post = table.posteriors["nuts"]["hidden"]
post

# %% [markdown]
# ## The ellipsoids
#
# The figure shows 90% regions in the space of the first three principal components. The neurons
# are 31-dimensional: ten incoming weights, a bias, and twenty outgoing weights. The projection of
# the covariance is exact. The three methods share one scale. On it the regions of SVI and NUTS are
# small: neurons are farther apart than they are uncertain. The second figure has one neuron alone.

# %%
hidden = {name: layers["hidden"] for name, layers in table.posteriors.items()}
axes = bn.plot.ellipsoids({name: hidden[name] for name in ("bootstrap", "svi", "nuts")})
if folder := os.environ.get("BAYESNEURON_FIGURES"):
    bn.plot.save_figure(axes[0], f"{folder}/ellipsoids")
plt.show()

# %%
bn.plot.ellipsoids({name: hidden[name] for name in ("bootstrap", "svi", "nuts")}, neurons=[1])
plt.show()

# %% [markdown]
# Now the study's bootstrap next to NUTS. Random starts and few epochs spread the neurons far more
# widely than either the posterior or the bootstrap above.

# %% tags=["thumbnail"]
wide = bn.compare({"study": study, "nuts": estimates["nuts"]}, cv="loo")
bn.plot.projection({name: layers["hidden"] for name, layers in wide.posteriors.items()})
plt.show()

# %% [markdown]
# ## One neuron, weight by weight; and the distribution of a randomly chosen neuron

# %%
bn.plot.forest(hidden, neuron=0)
plt.show()

# %% [markdown]
# The density of a neuron chosen at random has a peak for every neuron. Peaks above four times the
# median peak are cut, and the title says how many. Here that of `hidden[0]` is: its incoming
# weights are the most certain.

# %%
bn.plot.mixture(post.select("incoming"))
plt.show()

# %% [markdown]
# ## The forecast of the series

# %%
predictions = bn.predict(estimates["nuts"].isel(draw=slice(None, None, 10)), x_test)
bn.plot.reconstruction(predictions, y_test)
plt.show()

# %% [markdown]
# ## Conclusion
#
# - **Three estimators agree.** SVI, NUTS and Laplace find the same three neurons with nearly the
#   same regions. NUTS converged (`rhat` 1.00, no divergences): it samples the posterior of this
#   model.
# - **The bootstrap answers another question,** and its answer is twice as wide. The sandwich gives
#   the same width without training. So the data scatter more than the model says, and regions of
#   the posterior are too narrow to say how neurons move from one set of data to the next.
# - **Random starts and few epochs** widen the regions further. That spread is of training.
# - **All forecast alike.** The held-out RMSE is 0.244 by each.
#
# This is one series, one network and one set of held-out windows, which overlap.
