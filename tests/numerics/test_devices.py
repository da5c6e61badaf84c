"""Blocks take turns on the devices of the process, and come out with the same bits."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import hashlib, threading, warnings
import jax
import bayesneuron as bn
from bayesneuron.inference import microcanonical, run_members, whitened
from bayesneuron.numerics import blocks

warnings.simplefilter("ignore")
x, y = bn.windows(bn.datasets.noisy_sine(length=40), history=3)
model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
for module in (microcanonical, run_members, whitened):
    module.solo = lambda: 2  # vectorised, as on a graphics processor
for draws in (
    bn.bootstrap(model, x, y, replicates=100, optimizer=bn.Adam(epochs=2)),
    bn.nuts(model, x, y, chains=3, samples=10, warmup=10, start="prior", max_tree_depth=3),
    bn.ensemble(model, x, y, members=3, samples=10, warmup=20, optimizer=bn.Adam(epochs=2)),
):
    values = draws["posterior"].data_vars.values()
    print(hashlib.sha256(b"".join(v.to_numpy().tobytes() for v in values)).hexdigest())
both = threading.Barrier(2, timeout=60)
blocks.run_blocks(lambda k: k and both.wait(), range(3), workers=2)  # two at once, or it breaks
where = blocks.run_blocks(lambda k: str(jax.numpy.ones(1).device), range(5), workers=2)
print(len(set(where)))
"""


def printed(devices):
    flags = f"--xla_force_host_platform_device_count={devices}"
    environment = {**os.environ, "XLA_FLAGS": flags, "NPROC": "2"}
    command = [sys.executable, "-c", SCRIPT]
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return out.stdout.split()


@pytest.mark.slow
def test_two_devices_share_the_blocks_and_change_no_bit():
    one, two = printed(1), printed(2)
    assert (one[-1], two[-1]) == ("1", "2")
    assert one[:-1] == two[:-1]
