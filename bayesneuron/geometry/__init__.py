"""Neurons as random vectors: mean, covariance, region, and how far apart they lie."""
