"""Other packages, each run by the Python of its own environment."""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent


def peer_options(parser: argparse.ArgumentParser, *names: str) -> None:
    """An option ``--NAME-python`` for each peer: a Python that has it installed."""
    for name in names:
        parser.add_argument(
            f"--{name}-python", help=f"a Python with {name} installed; skipped if not given"
        )


def run_peer(
    python: str | Path, script: str, data: dict[str, Any], *arguments: Any
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Run a peer's script on `data`; return its JSON answer and the arrays that it wrote.

    The script is called with the path of the data, a path to write arrays to, and `arguments`.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "data.npz", Path(folder) / "out.npz"
        np.savez(source, **{k: np.asarray(v) for k, v in data.items()})
        command = [str(v) for v in (python, HERE / script, source, target, *arguments)]
        process = subprocess.run(command, capture_output=True, text=True, env=os.environ)
        if process.returncode:
            raise RuntimeError(f"{script}: {process.stderr[-2000:]}")
        answer = json.loads(process.stdout.splitlines()[-1])
        if not target.exists():
            return answer, {}
        with np.load(target, allow_pickle=False) as arrays:
            return answer, {k: arrays[k] for k in arrays.files}
