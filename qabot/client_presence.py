"""Tell whether the client of a request is still there, without a word to it. Knows nothing of what it asked for."""

import select
import socket
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

HasLeft = Callable[[], bool]


def never_leaves() -> bool:
    """Of work that no client waits for."""
    return False


def presence_of(request: HttpRequest) -> HasLeft:
    """Says whether the client has closed its connection, or its half of it: no client of HTTP does that and reads on.

    Gunicorn shows the socket to the application; under a server that does not, nobody is ever seen to leave.
    """
    connection: Any = request.META.get("gunicorn.socket")
    if not isinstance(connection, socket.socket):
        return never_leaves
    return lambda: has_closed(connection)


def has_closed(connection: socket.socket) -> bool:
    """Nothing is taken from the connection: what may have come for the next request stays in it."""
    if connection.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    if not poll.poll(0):
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except ValueError:  # TLS, which shows nothing in advance
        return False
    except OSError:
        return True
