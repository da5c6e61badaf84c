"""Priors of the weights of a layer: of a fixed scale, of a learnt one, or with neurons to spare.

Whatever the prior, weights are normal given their scale. A learnt scale is handed to NumPyro with
the site, ``infer={"scale": ...}``, so that estimators work on weights in units of that scale
(see `density`), while draws hold the weights themselves.
"""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

from bayesneuron.numerics.checks import check_choice

PRIORS = ("normal", "hierarchical", "horseshoe")
CLASSES = ("bernoulli", "categorical")
SKIP = "skip_weight"  # the matrix of a direct path
ONLY_WEIGHTS = {"only_weights": True}  # the data depend on such a site through the weights alone

GAIN = 3.0  # scale of the half-normal prior of a layer's scale
LOGITS = 12.0  # of that of logits: they are far from zero where classes are well separated
GLOBAL = 0.004  # scale of the half-Cauchy prior of a layer's global scale
SLAB = 3.0  # scale of the largest weights that a neuron sends under the horseshoe
SLAB_FREEDOM = 4.0

Scale = float | jax.Array


def default_prior(likelihood: str) -> str:
    """The prior of a network where none is named.

    ``hierarchical`` for classes: logits that separate them are far larger than weights of a fixed
    scale allow, the more so the wider the network. ``normal`` for numbers, whose targets have the
    scale of the weights where they are standardised.

    Examples
    --------
    >>> default_prior("categorical"), default_prior("gaussian")
    ('hierarchical', 'normal')
    """
    return "hierarchical" if likelihood in CLASSES else "normal"


def output_gain(likelihood: str, prior: str) -> float:
    """Scale of the half-normal prior of the output layer's scale: wider where sums are logits.

    Under ``hierarchical``, 12 for classes and 3 else. Standardised targets are of the order of one.
    Logits of classes that are well separated are not, and each is a mean over many neurons.

    Examples
    --------
    >>> output_gain("categorical", "hierarchical"), output_gain("gaussian", "hierarchical")
    (12.0, 3.0)
    """
    return LOGITS if likelihood in CLASSES and prior == "hierarchical" else GAIN


def layer_scale(layer: str, prior: str, *, prior_scale: float = 1.0, gain: float = GAIN) -> Scale:
    """Scale s of the weights and biases of a layer: weights are N(0, s² / fan-in), biases N(0, s²).

    ``normal``: s = `prior_scale`. Otherwise s ~ HalfNormal(`gain` · `prior_scale`), one for the
    layer, site ``{layer}_scale``. Under the ``horseshoe``, weights that hidden neurons send have a
    `neuron_scale` instead.

    Returns
    -------
    float, or array of shape ()

    Raises
    ------
    ValueError
        If there is no such prior.

    Examples
    --------
    >>> layer_scale("hidden", "normal", prior_scale=2.0)
    2.0
    """
    check_choice("prior", prior, PRIORS)
    if prior == "normal":
        return prior_scale
    return _scale(f"{layer}_scale", dist.HalfNormal(gain * prior_scale))


def neuron_scale(
    layer: str, prior: str, neurons: int, *, prior_scale: float = 1.0
) -> jax.Array | None:
    """Scale of all weights that each neuron of a hidden layer sends; None but for ``horseshoe``.

    Weights that neuron i sends are N(0, s_i²), whatever the width, with

        s_i = `prior_scale` · c τ λ_i / √(c² + τ² λ_i²),

    λ_i ~ HalfCauchy(1), τ ~ HalfCauchy(0.004) and the slab c² ~ InverseGamma(2, 18), a Student t
    of 4 degrees of freedom and scale 3. The sites are ``{layer}_local``, ``{layer}_global`` and
    ``{layer}_slab``. With s_i near zero the neuron sends nothing, whatever it reads: the layer
    above is a regression on the neurons. The scale of τ is Piironen and Vehtari's
    p₀ / (p - p₀) · σ / √n for a quarter of the neurons at work, σ = 0.25 and n = 400.

    Returns
    -------
    array of shape (neuron,), or None

    References
    ----------
    Piironen and Vehtari, "Sparsity information and regularization in the horseshoe and other
    shrinkage priors", Electronic Journal of Statistics 2017; Ghosh, Yao and Doshi-Velez,
    "Structured variational learning of Bayesian neural networks with horseshoe priors", ICML 2018,
    who put the scale on the weights that a neuron reads.
    """
    if prior != "horseshoe":
        return None
    each = dist.HalfCauchy(1.0).expand([neurons]).to_event(1)
    local = _scale(f"{layer}_local", each)
    common = _scale(f"{layer}_global", dist.HalfCauchy(GLOBAL))
    half = SLAB_FREEDOM / 2
    slab = _scale(f"{layer}_slab", dist.InverseGamma(half, half * SLAB**2))
    size = common * local
    return prior_scale * size * jnp.sqrt(slab / (slab + size**2))


def weights(
    site: str,
    scale: Scale,
    rows: int,
    columns: int,
    *,
    fan_in: bool = True,
    sent: jax.Array | None = None,
) -> jax.Array:
    """A weight matrix (receiving, sending) of scale `scale`, or column j of scale ``sent[j]``."""
    if sent is not None:
        return _normal(site, jnp.broadcast_to(sent, (rows, columns)), (rows, columns))
    return _normal(site, scale / columns**0.5 if fan_in else scale, (rows, columns))


def bias(site: str, scale: Scale, rows: int) -> jax.Array:
    """A bias for each neuron."""
    return _normal(site, scale, (rows,))


def direct(
    x: jax.Array,
    prior: str,
    outputs: int,
    *,
    prior_scale: float = 1.0,
    gain: float = GAIN,
    fan_in: bool = True,
) -> jax.Array:
    """The direct path A x from what a network reads to its sums, (observation, output).

    The site ``skip_weight`` is A, a matrix of weights like any other. Its scale is its own: where
    scales are learnt, ``skip_scale`` lets the network become linear, or do without the path.

    Parameters
    ----------
    x : array, shape (observation, input)
    prior : str
    outputs : int
        Sums, see `bayesneuron.network.likelihoods.output_width`.
    prior_scale, gain, fan_in
        As for the weights of the output layer.
    """
    scale = layer_scale("skip", prior, prior_scale=prior_scale, gain=gain)
    return x @ weights(SKIP, scale, outputs, x.shape[-1], fan_in=fan_in).T


def direct_sites(skip: bool) -> dict[str, tuple[str, ...]]:
    """The site of the direct path, as a layout names it: on no hidden layer.

    Examples
    --------
    >>> direct_sites(True), direct_sites(False)
    ({'skip_weight': ('output', 'input')}, {})
    """
    return {SKIP: ("output", "input")} if skip else {}


def scale_sites(layer: str, prior: str | None) -> dict[str, tuple[str, ...]]:
    """The sites of a hidden layer's prior that hold one number per neuron, as a layout names them.

    Examples
    --------
    >>> scale_sites("hidden", "horseshoe"), scale_sites("hidden", "normal")
    ({'hidden_local': ('hidden',)}, {})
    """
    return {f"{layer}_local": (layer,)} if prior == "horseshoe" else {}


def _scale(site: str, prior: dist.Distribution) -> jax.Array:
    return jnp.asarray(numpyro.sample(site, prior, infer=ONLY_WEIGHTS))


def _normal(site: str, sd: Scale, shape: tuple[int, ...]) -> jax.Array:
    prior = dist.Normal(0, sd).expand(shape).to_event(len(shape))
    learnt = {"scale": jnp.broadcast_to(sd, shape)} if isinstance(sd, jax.Array) else {}
    return jnp.asarray(numpyro.sample(site, prior, infer=learnt))
