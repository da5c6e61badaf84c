"""Fewer inputs: methods that reduce the inputs of a network, one file per method."""

from bayesneuron.reduction.inputs._autoencoder import Autoencoder, autoencoder
from bayesneuron.reduction.inputs._pca import PCA, pca
from bayesneuron.reduction.inputs.selection import Selection, qpfs_inputs

__all__ = ["PCA", "Autoencoder", "Selection", "autoencoder", "pca", "qpfs_inputs"]


def __dir__() -> list[str]:
    return sorted(__all__)
