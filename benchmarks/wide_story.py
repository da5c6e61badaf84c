"""The whole story in one figure: neurons of a wide network, their communities, a smaller network.

Walking (embedded data), every fifth window of 10 samples, 10-16-1 tanh, 200 bootstrap replicates
that each start at the best optimum. Writes docs/figures/wide_story.{pdf,png} and prints the curve.
"""

import warnings

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
from _tables import FIGURES

import bayesneuron as bn

HIDDEN = 16
TITLES = ("a. 90% regions", "b. activation correlation, communities", "c. merged")


def main() -> None:
    warnings.simplefilter("ignore", bn.StatisticalWarning)
    early, late = bn.split(bn.datasets.walking(), test_size=0.2)
    x, y = bn.windows(early, history=10, stride=5)
    test = bn.windows(late, history=10, stride=5, standardize=x)
    model = bn.load("two_layer", inputs=10, hidden=HIDDEN, outputs=1)
    draws = bn.align(bn.bootstrap(model, x, y, replicates=200, start="best", seed=0))
    posterior, activations = bn.neurons(draws)["hidden"], bn.activations(draws, x)["hidden"]
    graph = bn.graph({"hidden": posterior}, weight="activation", activations=activations)
    groups = bn.communities(draws)
    reduction = bn.reduce(draws, test=test, score="merged")
    print(bn.relevance(draws, *test).verdict)
    print(groups)
    print(reduction.curve[["neurons", "parameters", "elpd", "error"]].round(3).to_string())

    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10.5, 3.2), layout="constrained")
    bn.plot.regions(posterior, ax=left)
    bn.plot.graph(graph, communities=groups, ax=middle)
    bn.plot.curve({"merged": reduction.curve}, ax=right)
    right.set_ylabel(f"RMSE, held out ({x.attrs['units']})")
    for axes, title in zip((left, middle, right), TITLES, strict=True):
        axes.set_title(title, fontsize=10)
    bn.plot.save_figure(figure, FIGURES / "wide_story")


if __name__ == "__main__":
    main()
