"""Seconds of the main job, in a process of its own."""

import os
import subprocess
import sys
import tempfile
import time


def main() -> None:
    """Print one line."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "bayesneuron", "demo", "--output", f"{folder}/out"],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        print(f"bayesneuron demo: {time.perf_counter() - start:.0f} s on {os.cpu_count()} cores")


main()
