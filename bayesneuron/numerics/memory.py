"""How much memory this process may use: the machine's, a limit of its own, or its container's."""

import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
# (limit, in use, and the line of memory.stat that can be freed) of version 2 and of version 1
FILES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
)


def memory() -> int:
    """Bytes that this process may use: the machine's, or its limit."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # not on this system
        return 2**63
    container = container_memory()[0]
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    except ImportError:
        return min(total, container)
    return min(total, container, total if limit == resource.RLIM_INFINITY else limit)


def available_memory() -> int:
    """Bytes that this process may still use: those that are free or can be freed."""
    most, container = memory(), container_memory()[1]
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:  # not on this system
        return min(most, container)
    free = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return min([most, container, *(2**10 * v for v in free)])


def container_memory(root: Path = CGROUPS) -> tuple[int, int]:
    """Limit of the container, and what of it is left; very large numbers where there is none.

    Examples
    --------
    >>> limit, left = container_memory()
    >>> left <= limit
    True
    """
    for limit_file, usage_file, freed in FILES:
        try:
            limit = int((root / limit_file).read_text())  # "max": no limit
            used = int((root / usage_file).read_text())
            stat = (root / usage_file).with_name("memory.stat").read_text().splitlines()
        except (OSError, ValueError):
            continue
        cache = sum(int(line.split()[1]) for line in stat if line.split()[0] == freed)
        return limit, max(0, limit - max(0, used - cache))
    return 2**63, 2**63
