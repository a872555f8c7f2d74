"""How the bench adds up memory. Reading /proc is not tested here."""

from collections import Counter

from bench.footprint import Footprint, added_up, parse

SMAPS = """\
55d0-55d1 r-xp 00000000 08:01 123 /usr/lib/model.bin
Rss:                 100 kB
Pss:                  20 kB
Shared_Clean:         80 kB
Shared_Dirty:          0 kB
Private_Clean:        20 kB
Private_Dirty:         0 kB
Anonymous:             0 kB
7f00-7f01 rw-p 00000000 00:00 0 [heap]
Pss:                  40 kB
Shared_Dirty:         40 kB
Private_Dirty:        20 kB
Anonymous:            60 kB
VmFlags: rd wr
"""


def test_pages_of_files_are_told_from_what_a_process_has_alone():
    assert parse(SMAPS.splitlines()) == Footprint(own=60 * 1024, shared=Counter({"/usr/lib/model.bin": 80 * 1024}))


def test_what_a_group_shares_counts_once_whoever_else_shares_it():
    each = Footprint(own=5, shared=Counter({"model": 80}))

    assert added_up({"web": [each, each], "worker": [each, Footprint(own=1)]}) == {
        "web": 10 + 2 * 80 / 3,
        "worker": 6 + 80 / 3,
    }
