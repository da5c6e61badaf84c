"""The estimators: one call shape, ``estimate(model, x, y, *, seed, ...)``, one result type."""

from bayesneuron.inference._bag import bag
from bayesneuron.inference._bootstrap import bootstrap
from bayesneuron.inference._laplace import laplace
from bayesneuron.inference._nuts import nuts
from bayesneuron.inference._prior import prior
from bayesneuron.inference._svi import svi
from bayesneuron.inference.optimizers import Adam, Newton

__all__ = ["Adam", "Newton", "bag", "bootstrap", "laplace", "nuts", "prior", "svi"]
