"""Neurons' ellipsoids as a page that one turns with the mouse."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bayesneuron.draws._activations import spread
from bayesneuron.geometry.posterior import NeuronPosterior, check_posterior
from bayesneuron.numerics.checks import check_probability
from bayesneuron.plots._basis import basis_of
from bayesneuron.plots._ellipsoids import ellipsoid_surface
from bayesneuron.plots._regions import flat_region
from bayesneuron.plots.arguments import check_dress, chosen_neurons
from bayesneuron.plots.drawing import AUTO, COLORS, color

DRAWS = 100  # shown per neuron when points are wanted
SYMBOLS = ("circle", "square", "diamond", "cross", "x")


def ellipsoids_3d(
    post: NeuronPosterior,
    *,
    weights: Sequence[int | str] | None = None,
    neurons: Sequence[int | str] | None = None,
    level: float = 0.9,
    points: bool = False,
    title: str | None = AUTO,
    legend: bool = True,
) -> Any:
    """Ellipsoids of one layer's neurons as an interactive figure of Plotly.

    Needs the extra ``interactive`` (``pip install "bayesneuron[interactive]"``). A click in the
    legend hides a neuron, a double click all others; beside the mouse stand the neuron and its
    coordinates.

    Parameters
    ----------
    post : NeuronPosterior
    weights : three of int or str, optional
        Coordinates to draw; by default the first three principal components.
    neurons : sequence of int or str, optional
        Which to draw, by index or name as ``hidden[0]``; by default all.
    level : float
        Probability of the projection.
    points : bool
        Whether to show draws as well, at most 100 for each neuron.
    title : str or None
        By default what is drawn.
    legend : bool

    Returns
    -------
    plotly.graph_objects.Figure
        Its ``write_html(path)`` holds all that a browser needs, without a network.

    Raises
    ------
    ImportError
        If the extra ``interactive`` is not installed.
    ValueError
        If the neurons have fewer than three weights, or a weight or neuron is unknown.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> post = bn.neurons(draws)["hidden"]
    >>> figure = bn.plot.ellipsoids_3d(post)
    """
    check_posterior("post", post)
    check_probability(level=level)
    check_dress(title, legend)
    names = post.names
    shown = chosen_neurons(neurons, names)
    basis = basis_of([post], 3, weights)
    shadow = flat_region(post, basis, level)
    go = _plotly()
    figure = go.Figure()
    some = spread(len(post.by_draw), DRAWS)
    for i in shown:
        own: dict[str, Any] = {"legendgroup": names[i], "name": names[i]}
        if np.isfinite(shadow.radius[i]):
            x, y, z = ellipsoid_surface(shadow, i)
            figure.add_trace(
                go.Surface(
                    x=x, y=y, z=z, showscale=False, opacity=0.45, hoverinfo="skip",
                    colorscale=[[0, color(i)], [1, color(i)]], **own,
                )
            )  # fmt: skip
        x, y, z = shadow.center[i]
        symbol = SYMBOLS[(i // len(COLORS)) % len(SYMBOLS)]
        figure.add_trace(
            go.Scatter3d(
                x=[x], y=[y], z=[z], mode="markers", showlegend=legend, **own,
                marker={"size": 4, "color": color(i), "symbol": symbol},
            )
        )  # fmt: skip
        if points:
            x, y, z = (post.by_draw[some, i] @ basis.matrix.T).T
            figure.add_trace(
                go.Scatter3d(
                    x=x, y=y, z=z, mode="markers", showlegend=False, hoverinfo="skip", **own,
                    marker={"size": 1.5, "color": color(i), "opacity": 0.6},
                )
            )  # fmt: skip
    text = f"{level:.0%} ellipsoids of the {post.layer} neurons" if title == AUTO else title
    figure.update_layout(
        title={"text": text or ""}, template="plotly_white", legend={"itemsizing": "constant"},
        scene={f"{a}axis": {"title": {"text": n}} for a, n in zip("xyz", basis.labels, strict=True)}
        | {"aspectmode": "data", "camera": {"eye": {"x": 1.5, "y": 1.5, "z": 1.0}}},
        margin={"l": 0, "r": 0, "t": 50, "b": 0},
    )  # fmt: skip
    return figure


def _plotly() -> Any:
    """Loaded when it is asked for."""
    try:
        import plotly.graph_objects as go  # pyright: ignore
    except ImportError:
        raise ImportError(
            "ellipsoids_3d: expected the extra 'interactive' "
            '(pip install "bayesneuron[interactive]")'
        ) from None
    return go
