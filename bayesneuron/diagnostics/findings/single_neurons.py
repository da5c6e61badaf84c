"""What can be wrong with the posterior of single neurons."""

import numpy as np

from bayesneuron.diagnostics.findings.finding import Finding, where
from bayesneuron.geometry.posterior import NeuronPosterior

AMBIGUOUS = 0.1  # share of draws whose match of a neuron is ambiguous
WIDE = 0.9  # of the width of aligned prior draws: the data added next to nothing
SHRUNK, ALL_SHRUNK = 0.2, 0.5  # intensity of the shrinkage of a covariance: reported, serious


def shrunk_covariances(post: NeuronPosterior) -> Finding | None:
    """Covariances of fewer draws than they need."""
    names = where(tuple(post.names), np.asarray(post.shrinkage) > SHRUNK)
    if not names:
        return None
    return Finding(
        "too few draws",
        names,
        f"{len(post.by_draw)} draws of {len(post.weights)} weights: covariances are shrunk by up "
        f"to {post.shrinkage.max():.0%}",
        "Take more of them before reading shapes of regions.",
        serious=bool(post.shrinkage.max() > ALL_SHRUNK),
    )


def ambiguous_match(post: NeuronPosterior) -> Finding | None:
    """Neurons that are hard to distinguish from each other."""
    if not np.isfinite(post.margin).any():
        return None  # no symmetry, nothing to match
    names = where(tuple(post.names), post.ambiguous > AMBIGUOUS)
    if not names:
        return None
    return Finding(
        "ambiguous match",
        names,
        f"in up to {post.ambiguous.max():.0%} of the draws another neuron fits nearly as well",
        "They may be duplicates, or too wide to distinguish: see bn.relevance and bn.reduce.",
        serious=False,
    )


def no_information(post: NeuronPosterior) -> Finding | None:
    """Neurons whose region is as wide as aligned prior draws."""
    if not np.isfinite(post.margin).any():
        return None
    names = where(tuple(post.names), post.null_ratio > WIDE)
    if not names:
        return None
    return Finding(
        "no information",
        names,
        f"regions are {post.null_ratio.max():.0%} as wide as those of aligned prior draws",
        "The data do not determine what they do: a smaller network would predict as well.",
        serious=False,
    )
