"""Whether a client is still there is told by its connection, and nothing is taken from that."""

import socket
from collections.abc import Iterator

import pytest
from django.test import RequestFactory

from qabot.client_presence import has_closed, never_leaves, presence_of


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_a_silent_client_is_there(ends: tuple[socket.socket, socket.socket]):
    assert not has_closed(ends[0])


def test_a_client_that_asks_the_next_thing_already_is_there_and_loses_no_byte(
    ends: tuple[socket.socket, socket.socket],
):
    ours, theirs = ends
    theirs.sendall(b"GET")

    assert (has_closed(ours), has_closed(ours), ours.recv(10)) == (False, False, b"GET")


@pytest.mark.parametrize("how", ["close", "shutdown", "our own end"])
def test_a_closed_connection_is_left(ends: tuple[socket.socket, socket.socket], how: str):
    ours, theirs = ends
    {"close": theirs.close, "shutdown": lambda: theirs.shutdown(socket.SHUT_WR), "our own end": ours.close}[how]()

    assert has_closed(ours)


def test_gunicorns_connection_is_asked_and_that_of_others_is_not_known(ends: tuple[socket.socket, socket.socket]):
    ours, theirs = ends
    request = RequestFactory().get("/")
    request.META["gunicorn.socket"] = ours
    presence = presence_of(request)
    before = presence()
    theirs.close()

    assert (before, presence()) == (False, True)
    assert presence_of(RequestFactory().get("/")) is never_leaves
