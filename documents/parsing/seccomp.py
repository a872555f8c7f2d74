"""Refuse, for good, the system calls that no parser makes: the network, other processes, programs.

Linux on x86-64 and ARM64; knows no format. A refused call answers EPERM, which Python raises as PermissionError.
"""

import ctypes
import errno
import os
import struct
import sys
from dataclasses import dataclass

# linux/prctl.h, linux/seccomp.h, linux/bpf_common.h, linux/sched.h
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _SECCOMP_MODE_FILTER = 22, 38, 2
_LOAD, _RETURN = 0x20, 0x06
_IF_EQUAL, _IF_ABOVE, _IF_AT_LEAST, _IF_ANY_BIT = 0x15, 0x25, 0x35, 0x45
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data; the argument's lower half
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_CLONE_THREAD = 0x00010000
_X32_CALLS = 0x40000000  # the numbers of another call table start here, on x86-64 alone

_CLONE3 = 435  # its flags lie in memory, where no filter can look: the C library falls back to clone
_REFUSED_EVERYWHERE = (
    (424, 424),  # pidfd_send_signal
    (425, 427),  # io_uring: it can open sockets without calling socket
    (438, 438),  # pidfd_getfd
)


@dataclass(frozen=True)
class _Machine:
    """Numbers of calls: those refused as (first, last), and those that may be made about this process alone."""

    architecture: int  # linux/audit.h
    refused: tuple[tuple[int, int], ...]
    clone: int
    signals: tuple[int, ...]  # kill, tkill, tgkill


_MACHINES = {
    "x86_64": _Machine(
        architecture=0xC000003E,
        refused=(
            (41, 55),  # socket to getsockopt
            (288, 288),  # accept4
            (299, 299),  # recvmmsg
            (307, 307),  # sendmmsg
            (57, 59),  # fork, vfork, execve
            (322, 322),  # execveat
            (101, 101),  # ptrace
            (310, 311),  # process_vm_readv, process_vm_writev
            (_X32_CALLS, 0xFFFFFFFF),
        ),
        clone=56,
        signals=(62, 200, 234),
    ),
    "aarch64": _Machine(
        architecture=0xC00000B7,
        refused=(
            (198, 212),  # socket to recvmsg
            (242, 243),  # accept4, recvmmsg
            (269, 269),  # sendmmsg
            (221, 221),  # execve
            (281, 281),  # execveat
            (117, 117),  # ptrace
            (270, 271),  # process_vm_readv, process_vm_writev
        ),
        clone=220,
        signals=(129, 130, 131),
    ),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse_calls() -> bool:
    """Refuse them from now on, here and in whatever this process becomes; False where the platform cannot."""
    machine = _MACHINES.get(os.uname().machine)
    if sys.platform != "linux" or machine is None or sys.maxsize < 2**32:  # a 32-bit Python calls by other numbers
        return False
    instructions = _program(machine, os.getpid())
    program = _Program(len(instructions), b"".join(instructions))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return (
        prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        and prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0
    )


def _program(machine: _Machine, process_id: int) -> list[bytes]:
    """The filter: each rule jumps over its own refusal, so that no rule knows of another."""
    program = [_step(_LOAD, _ARCHITECTURE), _step(_IF_EQUAL, machine.architecture, yes=1), _step(_RETURN, _KILL)]
    program.append(_step(_LOAD, _NUMBER))
    for first, last in machine.refused + _REFUSED_EVERYWHERE:
        program += [_step(_IF_AT_LEAST, first, no=2), _step(_IF_ABOVE, last, yes=1), _refusal(errno.EPERM)]
    program += [_step(_IF_EQUAL, _CLONE3, no=1), _refusal(errno.ENOSYS)]
    program += _only_if(machine.clone, _IF_ANY_BIT, _CLONE_THREAD)
    for call in machine.signals:
        program += _only_if(call, _IF_EQUAL, process_id)
    return [*program, _step(_RETURN, _ALLOW)]


def _only_if(call: int, test: int, value: int) -> list[bytes]:
    """Allow a call if its first argument passes the test."""
    return [
        _step(_IF_EQUAL, call, no=4),
        _step(_LOAD, _FIRST_ARGUMENT),
        _step(test, value, yes=1),
        _refusal(errno.EPERM),
        _step(_RETURN, _ALLOW),
    ]


def _refusal(reason: int) -> bytes:
    return _step(_RETURN, _REFUSE | reason)


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    """One instruction; `yes` and `no` are how many of the following are left out."""
    return struct.pack("=HBBI", code, yes, no, value)
