"""Delay, false neighbours and Cao's ratios by neurokit2, correlation dimension by nolds.

Of one series, run by the Python of an environment that has both.
"""

import json
import sys
import warnings

import neurokit2 as nk
import nolds
import numpy as np

source, _, delay, width = sys.argv[1:5]
with np.load(source, allow_pickle=False) as arrays:
    series = arrays["series"]
warnings.simplefilter("ignore")
found, _ = nk.complexity_delay(series, delay_max=40, method="fraser1986")
options = {"delay": int(delay), "dimension_max": 10}
by_cao, cao = nk.complexity_dimension(series, **options, method="afnn")
by_false, false = nk.complexity_dimension(series, **options, method="fnn")
dimension = nolds.corr_dim(series[:2000], int(width), lag=int(delay))
numbers = {"e1": cao["E1"], "e2": cao["E2"], "false": false["f3"]}
answer = {"delay": found, "by_cao": by_cao, "by_false": by_false, "dimension": dimension}
listed = {name: [float(v) for v in values] for name, values in numbers.items()}
print(json.dumps({name: float(value) for name, value in answer.items()} | listed))
