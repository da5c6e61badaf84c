"""The networks, each a whole NumPyro model with its neuron layout.

A model file holds two functions with the same keyword-only options:

- ``model(x, y=None, *, ...)``: a NumPyro model whose observed site ``y`` sits in a plate over
  the rows of ``x``, and whose deterministic site ``mean`` is the network's output. Deterministic
  sites ``{layer}_activation``, (observation, ..., neuron), let the layer be merged and pruned;
- ``layout(*, ...)``: the `bayesneuron.Layout` of its sites.
"""
