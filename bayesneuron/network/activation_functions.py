"""Activation functions and the symmetry each gives to a hidden layer.

A symmetry is a change of one neuron's weights that leaves the network's function
unchanged. With incoming weights ``w``, bias ``b`` and outgoing weights ``v``:

============  ==============================  =========================================
kind          activations                     change of one neuron
============  ==============================  =========================================
``sign``      odd: tanh, erf, sin             (w, b, v) -> (-w, -b, -v)
``shift``     logistic: s(-a) = 1 - s(a)      (w, b, v) -> (-w, -b, -v), next bias += v
``scale``     positively homogeneous: relu    (w, b, v) -> (c w, c b, v / c), c > 0
``linear``    identity                        any invertible mixing of the layer's neurons
``none``      anything else                   none
============  ==============================  =========================================

Besides, the neurons of a layer may be permuted, whatever the activation.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from bayesneuron.numerics.checks import check_choice

ACTIVATIONS: dict[str, tuple[Callable[[jax.Array], jax.Array], str]] = {
    "tanh": (jnp.tanh, "sign"),
    "erf": (jax.scipy.special.erf, "sign"),
    "sin": (jnp.sin, "sign"),
    "sigmoid": (jax.nn.sigmoid, "shift"),
    "relu": (jax.nn.relu, "scale"),
    "leaky_relu": (jax.nn.leaky_relu, "scale"),
    "identity": (lambda a: a, "linear"),
    "softplus": (jax.nn.softplus, "none"),
    "silu": (jax.nn.silu, "none"),
    "gelu": (jax.nn.gelu, "none"),
}

# Ranges of outputs that are bounded on both sides.
BOUNDED = {"tanh": (-1.0, 1.0), "erf": (-1.0, 1.0), "sin": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}

SYMMETRIES = ("sign", "shift", "scale", "linear", "none")


def activation(name: str) -> Callable[[jax.Array], jax.Array]:
    """Return the activation function called `name`.

    Raises
    ------
    ValueError
        If no activation has that name.

    Examples
    --------
    >>> float(activation("relu")(-1.0))
    0.0
    """
    _check(name)
    return ACTIVATIONS[name][0]


def symmetry_of(name: str) -> str:
    """Return the kind of symmetry that the activation `name` gives a hidden layer.

    Examples
    --------
    >>> symmetry_of("tanh"), symmetry_of("sigmoid"), symmetry_of("relu")
    ('sign', 'shift', 'scale')
    """
    _check(name)
    return ACTIVATIONS[name][1]


def _check(name: str) -> None:
    check_choice("activation", name, sorted(ACTIVATIONS))
