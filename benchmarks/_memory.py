"""Seconds and peak memory of one call, in a separate process; prints JSON.

Peak memory is the largest resident set since the process began, ``before`` that of imports and
data alone, both in MiB. The call is made twice; the second one compiles nothing.
"""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from _timing import timed_twice


def measure(task: str, **sizes: Any) -> dict[str, float]:
    """Run one task of `_work.py` at one size."""
    command = [sys.executable, __file__, task, json.dumps(sizes)]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode:
        raise RuntimeError(process.stderr[-2000:])
    return json.loads(process.stdout.splitlines()[-1])


def _peak() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # of this program; ru_maxrss would be that of the parent, if larger
        lines = status.read_text().splitlines()
        return int(next(v for v in lines if v.startswith("VmHWM")).split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main() -> None:
    import _work

    call = getattr(_work, sys.argv[1])(**json.loads(sys.argv[2]))
    before = _peak()
    (cold, warm), _ = timed_twice(call)
    print(json.dumps({"cold": cold, "warm": warm, "peak": _peak(), "before": before}))


if __name__ == "__main__":
    main()
