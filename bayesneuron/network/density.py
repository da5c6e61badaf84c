"""The log density of a NumPyro model over one flat vector of free numbers.

Every estimator works on the same function,

    log p_w(θ) = Σ_t w_t log p(y_t | x_t, θ) + log p(θ),

where θ is unconstrained (NumPyro's bijections, with their Jacobian) and flat, and the
weights w_t are ones (posterior), resampling counts (bootstrap) or a temperature.

A site whose normal prior has a learnt scale, ``infer={"scale": ...}``, is in θ in units of that
scale (non-centred). As a weight and its scale vanish together, the density of the weight itself
is unbounded: it has no optimum to climb to, and a narrow funnel to sample.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpyro import distributions as dist  # behind ArviZ, `import numpyro.distributions` fails

from bayesneuron.network.check_layout import check_shapes
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import Trace, log_prob, run, single, sites_of

Params = Mapping[str, jax.Array]


@dataclass(frozen=True, eq=False)
class Density:
    """The log density of one model on data of one shape.

    Attributes
    ----------
    model : Model
    size : int
        Number of free numbers, the length of θ.
    unravel : callable
        θ to unconstrained values by site.
    shapes : mapping of str to tuple of int
        Shape of each unconstrained site.
    places : mapping of str to ndarray of int
        Positions in θ of each site's values.
    transforms : mapping
        Each latent site's bijection from unconstrained values to its support.
    scaled : tuple of str
        Sites that are in units of a learnt scale.
    columns : int
        Width of the inputs.
    held : tuple of str
        Sites that stay as they are: the gradient of the log density in them is zero.
    traced : tuple
        Shapes and types of the data that it was traced on, and whether in double precision.

    Notes
    -----
    Densities of equal models are equal, so that a compiled program is used again.
    """

    model: Model
    size: int
    unravel: Callable[[jax.Array], Params]
    shapes: Mapping[str, tuple[int, ...]]
    places: Mapping[str, np.ndarray]
    transforms: Mapping[str, Any]
    scaled: tuple[str, ...] = ()
    columns: int = 0
    held: tuple[str, ...] = ()
    traced: tuple[Any, ...] = ()

    def __hash__(self) -> int:
        return hash((self.model, self.size))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Density) and (self.model, self.shapes, self.held) == (
            other.model,
            other.shapes,
            other.held,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process goes what it is traced from."""
        row, target, x64 = self.traced
        data = [(v.shape, v.dtype.str) for v in (row, target)]
        return _traced_again, (self.model, *data, x64, self.held)

    def holding(self, sites: tuple[str, ...]) -> "Density":
        """The same density, conditional on the values of `sites` in θ."""
        return replace(self, held=sites)

    def constrain(self, theta: jax.Array) -> dict[str, jax.Array]:
        """Values of the latent sites on their supports."""
        free = self.unravel(theta)
        if not self.scaled:
            return {k: self.transforms[k](v) for k, v in free.items()}
        trace = self._run(free, jnp.zeros((1, self.columns), theta.dtype))
        return {k: trace[k]["value"] for k in free}

    def scales(self, values: Params) -> dict[str, jax.Array]:
        """Scale of every weight that is in θ in units of one, from values of the latent sites."""
        if not self.scaled:
            return {}
        trace = run(self.model, values, jnp.zeros((1, self.columns)))
        return {k: _scale(trace[k]) for k in self.scaled}

    def _run(self, free: Params, x: jax.Array, y: jax.Array | None = None) -> Trace:
        """The trace at unconstrained values; a scale is known once the sites before it are."""

        def value(site: dict[str, Any]) -> jax.Array | None:
            name = site["name"]
            if name not in free:
                return None
            one = self.transforms[name](free[name])
            return one * site["infer"]["scale"] if name in self.scaled else one

        return run(self.model, value, x, y)

    def units(self, theta: jax.Array) -> jax.Array:
        """What a site's value moves by with its number in θ, element by element, (size,).

        The scale of a weight that is in units of one, 1 for other weights, and 0 for scales.
        """
        layout, mask = self.model.layout, np.zeros(self.size)
        for name, places in self.places.items():
            mask[places] = name in layout.sites and name not in layout.scales
        along = jnp.asarray(mask, theta.dtype)
        values = jax.jvp(self.constrain, (theta,), (along,))[1]
        return jnp.concatenate([jnp.ravel(values[k]) for k in self.places])

    def trace(self, free: Params, x: jax.Array) -> Trace:
        """Every site at unconstrained values by site."""
        return self._run(free, x)

    def observation(self, theta: jax.Array, x: jax.Array) -> dict[str, Any]:
        """The site y at θ, its distribution among others."""
        return self._run(self.unravel(theta), x)["y"]

    def terms(self, theta: jax.Array, x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Log likelihood of each observation, shape (observation,), and log prior.

        Both with the scales that the model's own handlers give them, as in NumPyro.
        """
        free = {
            k: jax.lax.stop_gradient(v) if k in self.held else v
            for k, v in self.unravel(theta).items()
        }
        trace = self._run(free, x, y)
        jacobian = sum(
            jnp.sum(
                jnp.log(_scale(trace[k]))
                if k in self.scaled
                else self.transforms[k].log_abs_det_jacobian(v, trace[k]["value"])
            )
            for k, v in free.items()
        )
        log_lik, log_prior = jnp.zeros(x.shape[0], x.dtype), jnp.asarray(jacobian)
        for name, site in trace.items():
            if site["type"] != "sample":
                continue
            value = log_prob(site)
            if name == "y":
                log_lik = value.reshape(x.shape[0], -1).sum(-1)
            else:
                log_prior = log_prior + jnp.sum(value)
        return log_lik, log_prior

    def log_joint(
        self, theta: jax.Array, x: jax.Array, y: jax.Array, weights: jax.Array | float = 1.0
    ) -> jax.Array:
        """Weighted log density log p_w(θ)."""
        log_lik, log_prior = self.terms(theta, x, y)
        return jnp.sum(weights * log_lik) + log_prior

    def sites(self, theta: jax.Array, x: jax.Array) -> dict[str, jax.Array]:
        """Values of the latent sites, and of those of the layout that derive from them."""
        values = self.constrain(theta)
        derived = [name for name in self.model.layout.sites if name not in values]
        if not derived:
            return values
        trace = run(self.model, values, x)
        return values | {name: trace[name]["value"] for name in derived}


def density(model: Model, x: jax.Array, y: jax.Array) -> Density:
    """Trace `model` once on data and return its log density.

    Raises
    ------
    ValueError
        If the model has no observed site ``y`` over the rows of `x`, no deterministic site
        ``mean``, a discrete latent site, or a layout that does not fit its sites.
    """
    data = (jax.ShapeDtypeStruct(v.shape, v.dtype) for v in (x, y))
    return _density(model, *data, jax.config.jax_enable_x64)


@lru_cache(maxsize=256)  # tracing costs as much as a small estimate
def _density(
    model: Model, row: jax.ShapeDtypeStruct, target: jax.ShapeDtypeStruct, x64: bool
) -> Density:
    sites = sites_of(model, row, target)
    if "y" not in sites or sites["y"].kind != "observed":
        raise ValueError(f"{model.name}: expected an observed site 'y', got {sorted(sites)}")
    if "mean" not in sites:
        raise ValueError(
            f"{model.name}: expected a deterministic site 'mean' (the output), got {sorted(sites)}"
        )
    latent = {name: site for name, site in sites.items() if site.kind == "latent"}
    discrete = [name for name, site in latent.items() if site.support.is_discrete]
    if discrete:
        raise ValueError(f"{model.name}: expected continuous latent sites, got discrete {discrete}")
    check_shapes(model, {name: site.shape for name, site in sites.items()})
    transforms = {k: dist.transforms.biject_to(s.support) for k, s in latent.items()}
    shapes = {k: transforms[k].inverse_shape(latent[k].shape) for k in sorted(latent)}
    places, size = {}, 0
    for k, shape in shapes.items():
        places[k] = np.arange(size, size + math.prod(shape)).reshape(shape)
        size += math.prod(shape)

    def unravel(theta: jax.Array) -> dict[str, jax.Array]:
        return {
            k: theta[p.ravel()[0] : p.ravel()[0] + p.size].reshape(p.shape)
            for k, p in places.items()
        }

    scaled = tuple(name for name in shapes if latent[name].in_units)
    for name in scaled:
        if single(latent[name].support) is not dist.constraints.real:
            raise ValueError(
                f"{model.name}, {name!r} with a scale: expected a site of any real numbers, "
                f"got {latent[name].support}"
            )
    return Density(
        model, size, unravel, shapes, places, transforms, scaled, row.shape[-1],
        traced=(row, target, x64),
    )  # fmt: skip


def _traced_again(
    model: Model,
    row: tuple[tuple[int, ...], str],
    target: tuple[tuple[int, ...], str],
    x64: bool,
    held: tuple[str, ...],
) -> Density:
    with jax.enable_x64(x64):
        data = (jax.ShapeDtypeStruct(shape, dtype) for shape, dtype in (row, target))
        return _density(model, *data, x64).holding(held)


def _scale(site: Mapping[str, Any]) -> jax.Array:
    """The learnt scale of each value of a site."""
    return jnp.broadcast_to(site["infer"]["scale"], jnp.shape(site["value"]))


@partial(jax.jit, static_argnums=0)
def log_joints(
    dens: Density, theta: jax.Array, x: jax.Array, y: jax.Array, temper: float = 1.0
) -> jax.Array:
    """Log density of many θ, shape (draw, size), under one weight for all observations."""
    return jax.lax.map(lambda one: dens.log_joint(one, x, y, temper), theta, batch_size=64)
