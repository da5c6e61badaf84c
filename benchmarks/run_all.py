"""Run every benchmark that needs nothing but the package."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NAMES = ("alignment_repairs_rhat", "planted_symmetries", "tree_size", "demo_time")


def main() -> None:
    """Run them one after another, so that they do not disturb each other's times."""
    for name in NAMES:
        print(f"\n{name}", flush=True)
        subprocess.run([sys.executable, str(HERE / f"{name}.py")], check=True)


if __name__ == "__main__":
    main()
