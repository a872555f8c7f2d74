"""The filter itself, run by a small interpreter: what it does on machines that this test does not run on."""

import errno
import struct

import pytest

from documents.parsing.seccomp import _MACHINES, _program

PID = 4242
ALLOWED, REFUSED, MISSING, KILLED = "allowed", errno.EPERM, errno.ENOSYS, "killed"
THREAD, FORK = 0x003D0F00, 0x01200011  # the flags with which glibc starts a thread, and forks
CALLS = {  # names and numbers from the kernel's own headers
    "x86_64": {
        "read": 0, "mmap": 9, "socket": 41, "connect": 42, "getsockopt": 55, "clone": 56, "fork": 57, "execve": 59,
        "kill": 62, "ptrace": 101, "tgkill": 234, "openat": 257, "io_uring_setup": 425, "clone3": 435,
    },
    "aarch64": {
        "read": 63, "mmap": 222, "socket": 198, "connect": 203, "getsockopt": 209, "clone": 220, "execve": 221,
        "kill": 129, "ptrace": 117, "tgkill": 131, "openat": 56, "io_uring_setup": 425, "clone3": 435,
    },
}  # fmt: skip


def verdict(machine: str, call: int, argument: int = 0, architecture: int | None = None) -> str | int:
    """What the filter says to a call: a Berkeley packet filter of loads, jumps and returns."""
    known = _MACHINES[machine]
    data = {0: call, 4: known.architecture if architecture is None else architecture, 16: argument & 0xFFFFFFFF}
    program = [struct.unpack("=HBBI", step) for step in _program(known, PID)]
    held, at = 0, 0
    while True:
        code, yes, no, value = program[at]
        if code == 0x06:
            return {0x7FFF0000: ALLOWED, 0x80000000: KILLED}.get(value, value & 0xFFFF)
        if code == 0x20:
            held = data[value]
        else:
            holds = {0x15: held == value, 0x25: held > value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            at += yes if holds else no
        at += 1


@pytest.mark.parametrize("machine", CALLS)
def test_what_parsers_need_is_allowed_and_nothing_that_leads_out(machine):
    calls = CALLS[machine]
    about_itself = {"kill", "tgkill", "clone", "clone3"}

    said = {name: verdict(machine, number) for name, number in calls.items() if name not in about_itself}

    assert {name for name, word in said.items() if word == ALLOWED} == {"read", "mmap", "openat"}
    assert {word for word in said.values() if word != ALLOWED} == {REFUSED}


@pytest.mark.parametrize("machine", CALLS)
def test_a_thread_is_started_and_a_process_is_not(machine):
    assert verdict(machine, CALLS[machine]["clone"], THREAD) == ALLOWED
    assert verdict(machine, CALLS[machine]["clone"], FORK) == REFUSED
    assert verdict(machine, CALLS[machine]["clone3"]) == MISSING


@pytest.mark.parametrize("machine", CALLS)
@pytest.mark.parametrize("call", ["kill", "tgkill"])
def test_signals_go_to_the_process_itself_alone(machine, call):
    said = [verdict(machine, CALLS[machine][call], target) for target in (PID, 1, 0, -1, -PID)]

    assert said == [ALLOWED, REFUSED, REFUSED, REFUSED, REFUSED]


def test_calls_by_the_numbers_of_another_machine_end_the_process():
    assert verdict("x86_64", 102, architecture=0x40000003) == KILLED  # socketcall of 32-bit x86
    assert verdict("x86_64", 0x40000000 | 41) == REFUSED  # socket of the x32 table
