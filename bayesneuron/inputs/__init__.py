"""Fewer inputs: ways to reduce what a network reads, one a file."""

from bayesneuron.inputs.autoencoder import Autoencoder, autoencoder
from bayesneuron.inputs.pca import PCA, pca
from bayesneuron.inputs.qpfs import Selection, qpfs_inputs

__all__ = ["PCA", "Autoencoder", "Selection", "autoencoder", "pca", "qpfs_inputs"]
