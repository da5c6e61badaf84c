"""What the options of shipped networks may be, checked as a network is loaded."""

from collections.abc import Mapping
from typing import Any

from bayesneuron.numerics.checks import check_count, check_flag, check_positive, check_scale

SIZES = ("inputs", "outputs", "channels", "targets")
OF_NONE = ("exogenous", "covariates")  # may be zero
FLAGS = ("fan_in", "skip")


def check_shipped(options: Mapping[str, Any]) -> None:
    """Raise ValueError unless sizes are whole, flags True or False, and scales positive.

    Names of activation functions, likelihoods and priors are checked where they are used.

    Examples
    --------
    >>> check_shipped({"inputs": 3, "hidden": (8, 4), "skip": False})
    """
    known = {name: value for name, value in options.items() if value is not None}
    check_positive(**{name: known[name] for name in SIZES if name in known})
    check_count(**{name: known[name] for name in OF_NONE if name in known})
    check_flag(**{name: known[name] for name in FLAGS if name in known})
    check_scale(**{name: known[name] for name in ("prior_scale",) if name in known})
    hidden = known.get("hidden", 1)
    several = isinstance(hidden, tuple | list)
    for width in hidden if several else (hidden,):
        check_positive(hidden=width)
