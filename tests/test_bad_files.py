"""Damaged files: every loader returns a correct result or refuses the file in one line.

`tools/fuzz.py` runs the same changes for longer, and guided by coverage.
"""

import warnings

import numpy as np
import pytest
from fuzzing.changes import changed
from fuzzing.targets import TARGETS, run

# of others 400
FILES = {
    "netcdf": 40, "forged": 40, "onnx": 150, "npz": 150, "safetensors": 200, "xlsx": 100,
}  # fmt: skip


@pytest.mark.parametrize("name", TARGETS)
def test_a_damaged_file_is_refused_in_one_line_or_read_correctly(name, tmp_path):
    if name == "onnx":
        pytest.importorskip("onnx")
    if name in ("parquet", "xlsx"):
        pytest.importorskip({"parquet": "pyarrow", "xlsx": "openpyxl"}[name])
    target, rng = TARGETS[name], np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is read
        seeds = target.seeds(tmp_path)
        assert all(run(target, content, tmp_path) for content in seeds)
        count = FILES.get(name, 400)
        taken = sum(run(target, changed(target, seeds, rng), tmp_path) for _ in range(count))
    assert taken < count
