"""Importing the package leaves the process as it was."""

import json
import subprocess
import sys

CODE = """
import json, os, warnings
import jax  # sets variables of its own
before, variables = list(warnings.filters), dict(os.environ)
import bayesneuron
added = [str(f) for f in warnings.filters if f not in before]
changed = [k for k, v in os.environ.items() if variables.get(k) != v]
print(json.dumps([added, changed]))
"""


def test_no_warning_filters_and_no_variables_are_added():
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == [[], []]
