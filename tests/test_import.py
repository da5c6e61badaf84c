"""Importing the package leaves the process as it was."""

import json
import subprocess
import sys

CODE = """
import json, os, sys, warnings
import jax  # sets variables of its own
before, variables = list(warnings.filters), dict(os.environ)
import bayesneuron
drawn = [m for m in ("matplotlib", "plotly") if m in sys.modules]
bayesneuron.plot.style
added = [str(f) for f in warnings.filters if f not in before]
changed = [k for k, v in os.environ.items() if variables.get(k) != v]
print(json.dumps([added, changed, drawn, "matplotlib" in sys.modules]))
"""


def test_it_adds_no_warning_filters_and_no_variables_and_leaves_figures_for_later():
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    added, changed, drawn, imported_now = json.loads(run.stdout)
    assert added == changed == []
    assert drawn == []  # a fifth of the seconds
    assert imported_now
