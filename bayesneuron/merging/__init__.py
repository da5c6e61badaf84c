"""A smaller network that keeps the function: merge, prune, reduce, refit."""

from bayesneuron.merging.merge import merge
from bayesneuron.merging.merging import merging
from bayesneuron.merging.prune import prune
from bayesneuron.merging.rebuild import Reduced
from bayesneuron.merging.reduce import Reduction, reduce
from bayesneuron.merging.refit import refit
from bayesneuron.merging.task import Task

__all__ = ["Reduced", "Reduction", "Task", "merge", "merging", "prune", "reduce", "refit"]
