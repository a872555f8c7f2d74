"""How much memory a group of processes takes, as if nothing else ran on the machine.

PSS counts what processes share once, and divides it by all who share it. A machine that runs QABot several times (a
bench beside tests) shares the model's weights and the libraries among all of them, so that each would seem to take a
part of these only. Here a file's pages are divided by the processes of the group alone. Reads /proc, so Linux only.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

KILOBYTE = 1024
HEADER = re.compile(r"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ (\d+) *(.*)$")  # proc_pid_smaps(5)


@dataclass
class Footprint:
    """One process, in bytes."""

    own: int = 0  # what it has alone, and its share of what was inherited by a fork
    shared: Counter[str] = field(default_factory=Counter)  # pages of files that others map too, by path


def read(pid: int) -> Footprint:
    """Of a running process; nothing of one that has ended."""
    try:
        with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as smaps:
            return parse(smaps)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return Footprint()


def parse(smaps: Iterable[str]) -> Footprint:
    found = Footprint()
    path, sizes = "", Counter[str]()
    for line in smaps:
        name, _, rest = line.partition(":")
        if name in ("Pss", "Anonymous", "Shared_Clean", "Shared_Dirty", "Private_Clean", "Private_Dirty"):
            sizes[name] = int(rest.split()[0]) * KILOBYTE
        elif header := HEADER.match(line.rstrip("\n")):
            _add(found, path, sizes)
            path, sizes = header[2] if header[1] != "0" else "", Counter()
    _add(found, path, sizes)
    return found


def _add(found: Footprint, path: str, sizes: Mapping[str, int]) -> None:
    """A mapping. Pages of a file that were written to are the process's, and those of its forks: PSS knows best."""
    if path and not sizes["Anonymous"]:
        found.own += sizes["Private_Clean"] + sizes["Private_Dirty"]
        if shared := sizes["Shared_Clean"] + sizes["Shared_Dirty"]:
            found.shared[path] += shared
    else:
        found.own += sizes["Pss"]


def sizes_of(groups: Mapping[str, Iterable[int]]) -> dict[str, int]:
    """Bytes of each kind of process (by their ids), so that all of them add up to what the whole takes."""
    footprints = {kind: [read(pid) for pid in pids] for kind, pids in groups.items()}
    return {kind: round(size) for kind, size in added_up(footprints).items()}


def added_up(footprints: Mapping[str, Iterable[Footprint]]) -> dict[str, float]:
    sharers = Counter(path for each in footprints.values() for one in each for path in one.shared)
    return {
        kind: sum(one.own + sum(size / sharers[path] for path, size in one.shared.items()) for one in each)
        for kind, each in footprints.items()
    }
