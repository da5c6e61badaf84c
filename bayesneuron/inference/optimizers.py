"""How networks are trained, as values: ``optimizer=Adam(epochs=20)`` or ``Newton()``."""

from dataclasses import dataclass

from bayesneuron.numerics.checks import (
    check_choice,
    check_positive,
    check_positive_real,
)


@dataclass(frozen=True)
class Adam:
    """Minibatches for a number of epochs, the recipe of the original study, in single precision.

    Attributes
    ----------
    epochs : int
        Passes over the data.
    batch : int
        Observations per step.
    learning_rate : float

    Examples
    --------
    >>> Adam(epochs=20)
    Adam(epochs=20, batch=16, learning_rate=0.003)
    """

    epochs: int = 70
    batch: int = 16
    learning_rate: float = 3e-3

    def __post_init__(self) -> None:
        check_positive(epochs=self.epochs, batch=self.batch)
        check_positive_real(learning_rate=self.learning_rate)


@dataclass(frozen=True)
class Newton:
    """The whole data to convergence, L-BFGS then Newton, in double precision.

    Attributes
    ----------
    max_steps : int
        Most steps of L-BFGS.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> bn.Newton(max_steps=50).max_steps
    50
    """

    max_steps: int = 500

    def __post_init__(self) -> None:
        check_positive(max_steps=self.max_steps)


Optimizer = Adam | Newton

NAMES = ("adam", "newton")


def optimizer_of(value: Optimizer | str) -> Optimizer:
    """The optimizer meant; a name stands for its defaults.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> optimizer_of("newton")
    Newton(max_steps=500)
    """
    if isinstance(value, Adam | Newton):
        return value
    if not isinstance(value, str):
        raise ValueError(f"optimizer: expected Adam(...), Newton(...) or a name, got {value!r}")
    check_choice("optimizer", value, NAMES)
    return Adam() if value == "adam" else Newton()


def name_of(optimizer: Optimizer) -> str:
    """Its name, as it stands in the provenance of draws."""
    return NAMES[isinstance(optimizer, Newton)]
