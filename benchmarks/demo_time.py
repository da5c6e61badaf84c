"""Seconds that `bayesneuron demo` takes, in a separate process."""

import os
import subprocess
import sys
import tempfile

from _timing import timed


def main() -> None:
    """Print one line."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bayesneuron", "demo", "--output", f"{folder}/out"]
        seconds, _ = timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    print(f"bayesneuron demo: {seconds:.0f} s on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
