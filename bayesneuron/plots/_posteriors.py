"""Estimates of one layer, side by side, as several figures take them."""

from collections.abc import Mapping

from bayesneuron.diagnostics._compare import Comparison
from bayesneuron.draws._activations import layer_of
from bayesneuron.draws.tree import layout_of
from bayesneuron.geometry.posterior import NeuronPosterior, check_posterior

Estimates = Comparison | Mapping[str, NeuronPosterior]


def posteriors_of(source: Estimates, layer: str | None) -> dict[str, NeuronPosterior]:
    """Posterior of one layer by method.

    Raises
    ------
    ValueError
        If the layer of a comparison is unknown, or one is named for posteriors of a single layer.
    """
    if not isinstance(source, Comparison):
        if layer is not None:
            raise ValueError(f"layer: expected only with a Comparison, got {layer!r}")
        if not isinstance(source, Mapping) or not source:
            got = "none" if isinstance(source, Mapping) else type(source).__name__
            raise ValueError(
                "source: expected a Comparison or posteriors by method, such as "
                f"{{'nuts': bn.neurons(draws)['hidden']}}, got {got}"
            )
        named = dict(source)
        for name, post in named.items():
            check_posterior(f"source, {name!r}", post)
        layers = {post.layer for post in named.values()}
        if len(layers) > 1:
            raise ValueError(
                "source: expected posteriors of one layer by method, such as "
                f"{{'nuts': bn.neurons(draws)['hidden']}}, got layers {sorted(layers)}"
            )
        return named
    if layer is None:
        layer = layer_of(layout_of(next(iter(source.aligned.values()))), None)
    known = list(next(iter(source.posteriors.values())))
    if layer not in known:
        raise ValueError(f"layer: expected one of {known}, got {layer!r}")
    return {method: layers[layer] for method, layers in source.posteriors.items()}
