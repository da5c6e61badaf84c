"""The networks, one per file: a NumPyro model and the layout of its neurons.

A model file defines two functions with the same keyword-only options:

- ``model(x, y=None, *, ...)``: a NumPyro model. Its observed site ``y`` is in a plate over the
  rows of ``x``, its deterministic site ``mean`` is the network's output. A layer with a
  deterministic site ``{layer}_activation``, (observation, ..., neuron), can be merged and pruned.
- ``layout(*, ...)``: the `bayesneuron.Layout` of its sites.
"""
