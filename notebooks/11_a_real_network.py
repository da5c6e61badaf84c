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
# # A real network: what are its neurons, and can it be smaller?
#
# NeuralFoil (Sharpe, MIT licence) predicts the flow around an airfoil from its shape, by networks
# of several sizes that its author trained. Can their neurons be aligned, and which are the same in
# two of them? Can the large network be made as small as the small one, and is it then as good?

# %%
import importlib.util
import os
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import bayesneuron as bn

package = importlib.util.find_spec("neuralfoil")
if package is None or package.origin is None:
    raise ModuleNotFoundError(
        "this notebook reads the weights of NeuralFoil (7.5 MB): pip install --no-deps neuralfoil"
    )
folder = Path(package.origin).parent / "nn_weights_and_biases"
# one network has no region, and none is asked for
warnings.filterwarnings("ignore", "neurons: 1 draw", bn.StatisticalWarning)

# `BAYESNEURON_FAST` set: smaller networks of the same author, and few cases. What the text says is
# of the full size.
FAST = bool(os.environ.get("BAYESNEURON_FAST"))
LARGE, SMALL = ("small", "xsmall") if FAST else ("large", "medium")
CASES, NULL = (200, 2) if FAST else (1000, 19)
MORE, EPOCHS, BLOCKS = (400, 1, 2) if FAST else (20_000, 10, 30)  # of the long refit

# %% [markdown]
# ## Read, and compared once
#
# The weights are a `.npz` file with the names of PyTorch. The activation function, SiLU, is not in
# it but in the source of the package.

# %%
files = [folder / f"nn-{name}.npz" for name in (LARGE, SMALL)]
large, small = (bn.from_state_dicts(f, activation="silu", noise=0.1) for f in files)
LAYERS = [layer for layer in bn.neurons(large) if layer != "output"]
WIDTH = small.posterior.sizes[LAYERS[0]]
print({layer: (large.posterior.sizes[layer], small.posterior.sizes[layer]) for layer in LAYERS})

# %% [markdown]
# Cases are drawn from the normal distribution of the training inputs, which the package ships: 18
# numbers of the shape, three of the angle of attack, the Reynolds number, three of the transition.

# %%
training = np.load(folder / "scaled_input_distribution.npz")
rng = np.random.default_rng(0)


def of_angle(radians):
    return np.stack([np.sin(2 * radians), np.cos(radians), np.sin(radians) ** 2], axis=-1)


def cases(count):
    """Inputs of the networks, (case, input); one angle makes three of them."""
    mean, cov = (training[f"{name}_inputs_scaled"] for name in ("mean", "cov"))
    x = rng.multivariate_normal(mean, cov, count)
    x[:, 18:21] = of_angle(np.arcsin(np.clip(x[:, 18], -1, 1)) / 2)
    x[:, 23:] = np.clip(x[:, 23:], 0, 1)
    return x


def outputs(draws, x):
    """The 198 outputs of a network, (case, output)."""
    return np.asarray(bn.predict(draws, x).predictions["mean"])[0, 0]


x, x_test = cases(CASES), cases(CASES)
stored, h = np.load(files[0]), x_test
for place in range(0, 2 * len(LAYERS) + 1, 2):
    h = h @ stored[f"net.{place}.weight"].T + stored[f"net.{place}.bias"]
    h = h / (1 + np.exp(-h)) if place < 2 * len(LAYERS) else h
print(f"largest difference from the formula: {np.abs(h - outputs(large, x_test)).max():.1e}")

# %% [markdown]
# The package averages the outputs for a flow with those for its mirror image, and was trained so.
# What this average cancels is not determined by training. Networks are therefore compared by the
# average, the *answers*: lift, drag, moment, transition, and 192 numbers of the boundary layer.


# %%
def mirrored(x):
    """The same flows upside down."""
    flipped = x.copy()
    flipped[:, :8], flipped[:, 8:16] = -x[:, 8:16], -x[:, :8]
    flipped[:, [16, 18]] *= -1
    flipped[:, [23, 24]] = x[:, [24, 23]]
    return flipped


def answers(draws, x):
    """Mean of the outputs with those of the mirrored flow, (case, output)."""
    order, sign = np.arange(198), np.ones(198)
    order[4:6] = 5, 4
    order[6:102], order[102:] = np.arange(102, 198), np.arange(6, 102)
    sign[[1, 3]] = sign[70:102] = sign[166:] = -1
    return (outputs(draws, x) + sign * outputs(draws, mirrored(x))[:, order]) / 2


def distance(draws):
    """From the large network, of each answer: median over cases, in interquartile ranges."""
    low, high = np.quantile(expected, [0.25, 0.75], axis=0)
    return np.median(np.abs(answers(draws, x_test) - expected), axis=0) / (high - low)


expected = answers(large, x_test)
print(f"{SMALL} from {LARGE}, median answer: {np.median(distance(small)):.3f}")

# %% [markdown]
# ## Which neurons are the same?
#
# The widths differ, so weights cannot be compared yet. Activations can: each neuron of the small
# network keeps its best correlation, over cases, with a neuron of the same layer of the large one.
# The best of many is high by chance. The null is the large network, its weights of random signs.


# %%
def of_weights(weights):
    """Draws of one network, from its weights by name."""
    hidden = tuple(len(weights[f"{layer}_bias"]) for layer in LAYERS)
    sizes = {"inputs": 25, "hidden": hidden, "outputs": 198}
    model = bn.load("mlp", **sizes, activation="silu", noise=0.1)
    return bn.from_arrays({k: v[None] for k, v in weights.items()}, model=model)


def weights_of(draws):
    return {k: v.values[0, 0] for k, v in draws.posterior.items() if k != "noise"}


def random_signs(draws, seed):
    """The same network with every weight's sign drawn at random."""
    rng = np.random.default_rng(seed)
    return of_weights({k: v * rng.choice([-1, 1], v.shape) for k, v in weights_of(draws).items()})


def scaled(draws, layer):
    """Activations of one network, standardised over cases, (case, neuron)."""
    values = bn.activations(draws, x_test)[layer][0]
    return (values - values.mean(0)) / (values.std(0) + 1e-9)


def best(one, other, layer):
    """For every neuron of `one`, the largest absolute correlation with one of `other`."""
    return np.abs(scaled(one, layer).T @ scaled(other, layer) / CASES).max(axis=1)


signed = [random_signs(large, seed) for seed in range(NULL)]
same = {layer: best(small, large, layer) for layer in LAYERS}
null = {layer: np.stack([best(small, s, layer) for s in signed]) for layer in LAYERS}
pd.DataFrame({
    "best partner, median": {k: np.median(v) for k, v in same.items()},
    "null, median": {k: np.median(v) for k, v in null.items()},
    "above 95% of the null": {k: np.mean(same[k] > np.quantile(null[k], 0.95)) for k in LAYERS},
}).round(2)  # fmt: skip

# %% [markdown]
# ## Can it be smaller?
#
# `bn.reduce` merges neurons of the large network in all layers. It sees inputs only, no answer of
# XFOIL, the program that both networks imitate. The rivals remove neurons by other rules, and take
# over what these did by the same regression. Distances are of the 198 answers, on other cases.
#
# A refit trains the merged network to imitate the large one. The short refit takes the same 1,000
# cases and their mirror images, 100 epochs. The long one takes 20,000 new cases, in blocks of 10
# epochs. Its loss is the mean squared difference of the outputs, on 2,000 cases held out for this.
# When a block lowers the loss by less than 1%, the next lower rate begins; after the last rate it
# ends.


# %%
def both(x):
    return np.concatenate([x, mirrored(x)])


x_all = both(x)
target = outputs(large, x_all)
adam = bn.Adam(epochs=3 if FAST else 100, batch=64, learning_rate=1e-3)


def reduced(widths, **options):
    sizes = [(width,) * len(LAYERS) for width in widths]
    result = bn.reduce(large, x_all, target, sizes=sizes, score="merged", **options)
    return [result.at(size).draws for size in sizes]


widths = [WIDTH] if FAST else [WIDTH, 96, 48, 32, 16]
networks = {f"merged to {w}": d for w, d in zip(widths, reduced(widths), strict=True)}
merged = networks[f"merged to {WIDTH}"]
short = bn.refit(merged, x_all, target, optimizer=adam, prior=False)

x_more, x_held = both(cases(MORE)), both(cases(MORE // 10))
y_more, y_held = outputs(large, x_more), outputs(large, x_held)
refitted, least, blocks = merged, np.inf, []
for rate in (1e-3, 3e-4, 1e-4, 3e-5):
    adam = bn.Adam(epochs=EPOCHS, batch=64, learning_rate=rate)
    for _ in range(BLOCKS):
        seed = len(blocks)
        refitted = bn.refit(refitted, x_more, y_more, optimizer=adam, prior=False, seed=seed)
        loss = np.mean((outputs(refitted, x_held) - y_held) ** 2)
        stalled, least = loss > 0.99 * least, min(loss, least)
        steps = (seed + 1) * EPOCHS * (len(x_more) // adam.batch)
        blocks.append({"rate": rate, "steps so far": steps, "held-out loss": loss})
        if stalled:
            break
for name, draws in {"merged": merged, "short refit": short}.items():
    print(f"{name}: held-out loss {np.mean((outputs(draws, x_held) - y_held) ** 2):.4f}")
pd.DataFrame(blocks).round(4)

# %%
networks = {
    "author's small network": small, "merged, short refit": short, "merged, long refit": refitted,
    **networks,
}  # fmt: skip
for rule in ("activation_correlation", "magnitude", "random"):
    method = bn.baselines.with_takeover(getattr(bn.baselines, rule))
    networks[f"{rule}, to {WIDTH}"] = reduced([WIDTH], method=method)[0]


def row(draws):
    each = distance(draws)
    named = {"lift": each[1], "drag": each[2], "moment": each[3]}
    return {**named, "all (median)": np.median(each), "worst": each.max()}


pd.DataFrame({name: row(draws) for name, draws in networks.items()}).T.round(3)

# %% [markdown]
# Lift and drag of the mean airfoil, at a Reynolds number of one million:

# %% tags=["thumbnail"]
degrees = np.linspace(-5, 15, 41)
polar = np.tile(training["mean_inputs_scaled"].astype(float), (len(degrees), 1))
polar[:, 18:21] = of_angle(np.deg2rad(degrees))
polar[:, 21:] = (np.log(1e6) - 12.5) / 3.5, 0, 1, 1
styles = {
    "author's large network": (large, "black", "-"),
    "author's small network": (small, "#0072b2", "--"),
    "merged": (merged, "#d55e00", "-."),
    "merged, long refit": (refitted, "#009e73", ":"),
}
axes = plt.subplots(1, 2, figsize=(7.5, 3), layout="constrained")[1]
for name, (draws, color, line) in styles.items():
    answer = answers(draws, polar)
    lift, drag = answer[:, 1] / 2, np.exp((answer[:, 2] - 2) * 2)
    axes[0].plot(degrees, lift, line, color=color, label=name)
    axes[1].plot(degrees, drag, line, color=color)
    print(f"{name}: least drag {drag.min():.4f}")
axes[0].set(xlabel="angle of attack, degrees", ylabel="lift coefficient")
axes[1].set(xlabel="angle of attack, degrees", ylabel="drag coefficient", ylim=(0, None))
axes[0].legend(frameon=False, fontsize=8)
plt.show()

# %% [markdown]
# ## Can the neurons be aligned?
#
# Of equal widths, weights can be compared. First the test that must succeed: the small network and
# a copy with its neurons in random order. Then the small network and the merged one, which was
# trained apart, as the large one. The null is the merged network with random signs, aligned too.


# %%
def shuffled(draws, seed):
    """The same function, the neurons of every hidden layer in random order."""
    rng, weights = np.random.default_rng(seed), weights_of(draws)
    for layer, above in zip(LAYERS, [*LAYERS[1:], "output"], strict=True):
        order = rng.permutation(WIDTH)
        for site in (f"{layer}_weight", f"{layer}_bias"):
            weights[site] = weights[site][order]
        weights[f"{above}_weight"] = weights[f"{above}_weight"][:, order]
    return of_weights(weights)


def cosines(draws):
    """Of the weights of each neuron, in and out, with those of the small network, by layer."""
    both = bn.align_together({"small": small, "other": draws}).values()
    one, two = ({k: bn.neurons(tree)[k].mean for k in LAYERS} for tree in both)
    return {k: 1 - bn.distances.cosine(one[k], two[k]) for k in LAYERS}


copied, other = cosines(shuffled(small, 1)), cosines(merged)
chance = [cosines(random_signs(merged, seed)) for seed in range(NULL)]
pd.DataFrame({
    layer: {
        "own copy, least": copied[layer].min(),
        "large, merged: mean": other[layer].mean(),
        "null: mean": np.mean([one[layer] for one in chance]),
        "null: largest mean": max(one[layer].mean() for one in chance),
        "above 95% of the null": np.mean(
            other[layer] > np.quantile([one[layer] for one in chance], 0.95)
        ),
    }
    for layer in LAYERS
}).T.round(2)  # fmt: skip

# %% [markdown]
# **Aligned: yes. The same neurons: few.** The shuffled copy is put in order exactly (cosine one).
# Of two networks that were trained apart, weights agree a little more than by chance: by 0.24 to
# 0.38 in three layers, where the best of 19 nulls has 0.22 to 0.35 (p = 0.05 each). In the second
# layer they do not. By what neurons do, the last layer has most in common: there 39% of the small
# network's neurons have a better partner than 95% of the null, in the others 16 to 25%. Of the
# first layer the correlation alone would mislead: its median is 0.91, 0.87 with random signs.
#
# **Smaller: yes, at a price.** Half the width without training moves the median answer by 0.07
# interquartile ranges. The other rules move it by 0.11 to 0.13. At a width of 96 it is 0.04.
#
# **The refit needs many cases and steps.** It ends after 75,000 steps of 64 rows, of which the last
# 12,500 are at a rate of 0.00003 (shown as 0.0000). Its last block lowers the held-out loss no
# more. The loss falls from 0.176 to 0.034; the short refit, of 3,100 steps on 1,000 cases, leaves
# 0.112. At half of the steps it was 0.037, a tenth higher than in the end. So it stalls at these
# rates; a slower schedule may still gain some percent.
#
# **As good as the author's small network: in the median, not in lift and drag.** After the long
# refit the median answer is as near to the large network as that of the author's (0.045 against
# 0.047), and the worst is nearer (0.31 against 0.55). But the refit imitates the large network,
# and the author's was trained on XFOIL. In lift it is three times as far, in drag four times. The
# short refit gets to 0.059 in the median and makes drag worse (0.069 after 0.062); the long one
# makes it better (0.052). The least drag of the mean airfoil is 44% too high after the merge, still
# about 30% after the long refit. For drag this network must not be used.
#
# ## Conclusion
#
# - Two networks of one author, on one task, share some neurons, above all in the last hidden layer.
# - After a long refit on 20,000 cases the merged network is level with the author's small one in
#   the median, and farther off in lift, drag and moment. A slower schedule was not tried.
# - A small median distance says nothing of one airfoil: look at the quantity that is needed.
# - Distances are from the large network. Which network is nearest to XFOIL is not asked here.
