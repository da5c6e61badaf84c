"""A stopped run goes on from its checkpoint and ends with the same bits; another run is refused."""

import os
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from test_elsewhere import DRAWS, ESTIMATES, MODEL, X, Y, assert_same

import bayesneuron as bn
from bayesneuron.inference import segments
from bayesneuron.numerics.blocks import check_stopped, run_blocks
from bayesneuron.numerics.checkpoint import MANIFEST

pytestmark = pytest.mark.filterwarnings(DRAWS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ESTIMATES)
def test_a_run_goes_on_from_the_blocks_that_are_kept(tmp_path, name):
    folder = tmp_path / "run"
    expected = ESTIMATES[name](MODEL)
    assert_same(expected, ESTIMATES[name](MODEL, checkpoint=folder))
    blocks = sorted(folder.glob("*.npz"))
    assert len(blocks) >= 2
    for block in blocks[::2]:
        block.unlink()
    blocks[1].write_bytes(blocks[1].read_bytes()[:100])  # not one of ours
    np.savez(blocks[-1], other=np.zeros(3))  # nor this
    assert_same(expected, ESTIMATES[name](MODEL, checkpoint=folder))


def test_kept_blocks_are_not_run_again(tmp_path, caplog):
    folder = tmp_path / "run"
    when = lambda: {block: block.stat().st_mtime_ns for block in folder.iterdir()}
    ESTIMATES["bootstrap"](MODEL, checkpoint=folder)
    first = when()
    with caplog.at_level("INFO", logger="bayesneuron"):
        ESTIMATES["bootstrap"](MODEL, checkpoint=folder)
    assert when() == first
    read = [line for line in caplog.messages if "blocks read" in line]
    said = f": 3 of 3 blocks read from {folder}"
    assert read == [f"train_lanes-1{said}", f"measure_lanes-1{said}"]


@pytest.mark.parametrize("name", ["nuts", "single", "ensemble"])
def test_a_chain_goes_on_from_its_last_segment(tmp_path, name, monkeypatch):
    folder, run, calls = tmp_path / "run", ESTIMATES[name], []
    expected = run(MODEL)

    def stopped():
        calls.append(1)
        if len(calls) == 27:  # in the second chain
            raise KeyboardInterrupt

    monkeypatch.setattr(segments, "check_stopped", stopped)
    with pytest.raises(KeyboardInterrupt, match=r"blocks are kept in .*; the same call goes on"):
        run(MODEL, checkpoint=folder)
    assert list(folder.glob("segment-*.npz"))
    assert_same(expected, run(MODEL, checkpoint=folder))
    assert len(calls) == 40
    assert not list(folder.glob("segment-*.npz")), "whole chains are kept"


def test_ctrl_c_stops_chains_that_run_in_threads():
    begun, done = threading.Event(), []

    def chain(k):
        if k == 1:
            begun.wait()
            raise KeyboardInterrupt
        for _ in range(3 if k == 0 else 1000):
            begun.set() if k else None
            time.sleep(0.01)
            check_stopped()
        done.append(k)

    with pytest.raises(KeyboardInterrupt):
        run_blocks(chain, [0, 1, 2], workers=2)
    assert done == [0]


SCRIPT = """
import sys, bayesneuron as bn
x, y = bn.windows(bn.datasets.noisy_sine(length=40), history=3)
model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
bn.bootstrap(model, x, y, replicates=2000, optimizer=bn.Adam(epochs=40), checkpoint=sys.argv[1])
"""


def test_a_killed_run_leaves_whole_blocks(tmp_path):
    folder = tmp_path / "run"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(folder)])
    end = time.monotonic() + 60
    while len(list(folder.glob("*.npz"))) < 3 and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.005)
    assert process.poll() is None, "ended before it was killed"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert (folder / MANIFEST).is_file()
    for block in folder.glob("*.npz"):
        with np.load(block, allow_pickle=False) as arrays:
            assert all(len(values) == 25 for values in arrays.values())


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"seed": 1}, "seed"),
        ({"replicates": 59}, "expected replicates=59, got replicates=60 in"),
        ({"y": Y + 1}, "expected the same data, got other data in"),
        ({"model": bn.load("two_layer", inputs=3, hidden=3, outputs=1)}, "other model in"),
        ({"optimizer": bn.Adam(epochs=3), "seed": 2}, "got seed=0, optimizer=Adam(epochs=2, "),
    ],
)
def test_the_checkpoint_of_another_run_is_refused(tmp_path, change, part):
    ESTIMATES["bootstrap"](MODEL, checkpoint=tmp_path / "run")
    call = {
        "model": MODEL, "x": X, "y": Y, "replicates": 60, "optimizer": bn.Adam(epochs=2), "seed": 0,
    }  # fmt: skip
    with pytest.raises(ValueError, match=re.escape(part)):
        bn.bootstrap(**(call | change), checkpoint=tmp_path / "run")


def test_the_checkpoint_of_another_method_is_refused(tmp_path):
    ESTIMATES["bootstrap"](MODEL, checkpoint=tmp_path / "run")
    with pytest.raises(ValueError, match="expected method="):
        ESTIMATES["ensemble"](MODEL, checkpoint=tmp_path / "run")


def test_other_files_are_left_alone(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ValueError, match="expected a new folder, got one with other files"):
        ESTIMATES["nuts"](MODEL, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="expected a folder, got the file"):
        ESTIMATES["nuts"](MODEL, checkpoint=tmp_path / "thesis.tex")
    (tmp_path / "thesis.tex").rename(tmp_path / MANIFEST)
    with pytest.raises(ValueError, match="cannot read"):
        ESTIMATES["nuts"](MODEL, checkpoint=tmp_path)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        ESTIMATES["nuts"](MODEL, checkpoint=tmp_path / "no" / "folder")
