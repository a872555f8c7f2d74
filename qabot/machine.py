"""What this machine has, memory above all, and how many web processes fit into it.

Figures are of `python -m bench.memory`; docs/operate.md has the table.
"""

from pathlib import Path

MEGABYTE = 2**20
NO_LIMIT = 2**50  # what cgroups say where there is none is larger than any machine
CGROUP_FILES = ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory_bytes(dyno_megabytes: int | None = None, root: Path = Path("/")) -> int:
    """What this process and its siblings may use together: the dyno's, the container's, or the machine's memory."""
    found = [dyno_megabytes * MEGABYTE] if dyno_megabytes else []
    for name in CGROUP_FILES:
        text = _first_line(root / name)
        if text.isdigit() and int(text) < NO_LIMIT:
            found.append(int(text))
    # "MemTotal:       24684332 kB"
    total = _first_line(root / "proc/meminfo").split()
    if len(total) == 3 and total[1].isdigit():
        found.append(int(total[1]) * 1024)
    return min(found, default=NO_LIMIT)


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").partition("\n")[0].strip()
    except OSError:
        return ""
