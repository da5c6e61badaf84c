"""The estimators: one call shape, ``estimate(model, x, y, *, seed, ...)``, one result type."""

from bayesneuron.estimators.bootstrap import bootstrap
from bayesneuron.estimators.laplace import laplace
from bayesneuron.estimators.nuts import nuts
from bayesneuron.estimators.prior import prior
from bayesneuron.estimators.svi import svi

__all__ = ["bootstrap", "laplace", "nuts", "prior", "svi"]
