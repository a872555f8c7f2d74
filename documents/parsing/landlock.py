"""Leave a process, for good, the files that Python itself reads and no others. Linux 5.13 and newer; knows no format.

What is open already stays open. Other processes of the same user, the settings in their memory and environment
included, are closed to it as well: Landlock lets nobody look into a process that may do more.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable

# linux/landlock.h; the numbers of the calls are the same on every machine.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1
_PR_SET_NO_NEW_PRIVS = 38
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}  # by version: REFER came with 2, TRUNCATE with 3
_TCP = 0b11  # bind and connect, from version 4
_SCOPES = 0b11  # abstract sockets and signals to others, from version 6


def leave_files(folders: Iterable[str]) -> bool:
    """Let this process read what lies in these folders, write nowhere; False where the kernel cannot."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)
    if version < 1:
        return False
    attributes = _attributes(version)
    ruleset = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    try:
        for folder in folders:
            _allow(libc, ruleset, folder)
        return libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _attributes(version: int) -> bytes:
    """struct landlock_ruleset_attr, as long as this version of it is: all that is named is refused."""
    files = _FILE_RIGHTS[min(version, max(_FILE_RIGHTS))]
    attributes = struct.pack("=Q", files)
    if version >= 4:
        attributes += struct.pack("=Q", _TCP)
    if version >= 6:
        attributes += struct.pack("=Q", _SCOPES)
    return attributes


def _allow(libc: ctypes.CDLL, ruleset: int, folder: str) -> None:
    """Allow reading below a folder; one that is not there needs no rule."""
    try:
        opened = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", _READ_FILE | _READ_DIR, opened), 0)
    finally:
        os.close(opened)
