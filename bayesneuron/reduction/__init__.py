"""A smaller network that keeps the function: merge, prune, reduce, refit."""

from bayesneuron.reduction._merge import merge
from bayesneuron.reduction._prune import prune
from bayesneuron.reduction._reduce import Reduction, reduce
from bayesneuron.reduction._refit import refit
from bayesneuron.reduction.by_partition import merging
from bayesneuron.reduction.rebuild import Reduced
from bayesneuron.reduction.task import Task

__all__ = ["Reduced", "Reduction", "Task", "merge", "merging", "prune", "reduce", "refit"]
