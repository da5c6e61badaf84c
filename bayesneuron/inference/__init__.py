"""The estimators: one call shape, ``estimate(model, x, y, *, seed, ...)``, one result type.

An estimator checks its data (`as_arrays`), takes the log density (`density`), computes a `Fit` of
arrays (draws of θ and statistics), and hands it to `build_tree`; `_laplace.py` is the one to copy.
Statistics go by the names ``lp`` (log joint density), ``log_q``, ``grad_norm``, ``converged`` and
``steps``, one per draw.
"""

from bayesneuron.inference._bag import bag
from bayesneuron.inference._bootstrap import bootstrap
from bayesneuron.inference._ensemble import ensemble
from bayesneuron.inference._extend import extend
from bayesneuron.inference._laplace import laplace
from bayesneuron.inference._nuts import nuts
from bayesneuron.inference._prior import prior
from bayesneuron.inference._svi import svi
from bayesneuron.inference.optimizers import Adam, Newton

__all__ = [
    "Adam", "Newton", "bag", "bootstrap", "ensemble", "extend", "laplace", "nuts", "prior", "svi",
]  # fmt: skip
