"""Seconds and peak memory of one call, in a process of its own; prints JSON.

Peak memory is the largest resident set since the process began, ``before`` that of the imports
and the data alone, both in MiB. The call is made twice: the second time nothing is compiled.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def measure(kind: str, **sizes: Any) -> dict[str, float]:
    """Run one kind of work of `_work.py` at one size."""
    command = [sys.executable, __file__, kind, json.dumps(sizes)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def _peak() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # of this program; ru_maxrss would be that of the parent, if larger
        lines = status.read_text().splitlines()
        return int(next(v for v in lines if v.startswith("VmHWM")).split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main() -> None:
    import _work

    call = getattr(_work, sys.argv[1])(**json.loads(sys.argv[2]))
    before, seconds = _peak(), []
    for _ in range(2):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    told = {"cold": seconds[0], "warm": seconds[1], "peak": _peak(), "before": before}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
