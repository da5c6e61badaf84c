"""A smaller network that keeps the function: merge, prune, reduce, refit."""

from bayesneuron.reduction import baselines, inputs
from bayesneuron.reduction._leader_merging import leader_merging
from bayesneuron.reduction._merge import merge
from bayesneuron.reduction._prune import prune
from bayesneuron.reduction._reduce import reduce
from bayesneuron.reduction._refit import refit
from bayesneuron.reduction.rebuild import Reduced
from bayesneuron.reduction.result import Reduction
from bayesneuron.reduction.task import Task

__all__ = [
    "Reduced", "Reduction", "Task", "baselines", "inputs", "leader_merging", "merge", "prune",
    "reduce", "refit",
]  # fmt: skip
