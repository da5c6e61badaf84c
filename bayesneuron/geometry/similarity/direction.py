"""Whether two neurons' weights point in the same direction."""

import numpy as np

from bayesneuron.draws._activations import spread
from bayesneuron.geometry.posterior import NeuronPosterior, check_posterior
from bayesneuron.geometry.similarity.activation import MOST, cosines
from bayesneuron.geometry.similarity.result import Similarity, fisher_z, tail_p
from bayesneuron.numerics.checks import check_positive


def direction_similarity(post: NeuronPosterior, *, most: int = MOST) -> Similarity:
    """Cosine between two neurons' weights, for each draw; its mean and spread.

    For neurons that could be merged take the weights that decide what they respond to:
    ``direction_similarity(post.select("incoming", "bias"))``.

    Parameters
    ----------
    post : NeuronPosterior
    most : int
        At most so many draws are used, evenly spaced.

    Returns
    -------
    Similarity
        ``p_value`` tests that the posterior's cosine is 0: z̄ over the sd of Fisher's z.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    >>> layout = bn.Layout(sites, {"hidden": "tanh"})
    >>> w = np.random.default_rng(0).normal([[3, 0], [3, 3]], 0.01, (99, 2, 2))
    >>> draws = bn.from_arrays({"W": w, "V": np.ones((99, 1, 2))}, layout=layout)
    >>> direction_similarity(bn.neurons(draws)["hidden"].select("incoming")).mean[0, 1].round(2)
    np.float64(0.71)
    """
    check_posterior("post", post)
    check_positive(most=most)
    values = np.swapaxes(post.by_draw[spread(len(post.by_draw), most)], 1, 2)
    draws = cosines(values, centred=False)
    z = fisher_z(draws)
    sd = np.maximum(z.std(axis=0), 1e-12)
    p_value = tail_p(z.mean(axis=0) / sd)
    return Similarity("direction", draws.mean(axis=0), draws.std(axis=0), p_value, draws)
