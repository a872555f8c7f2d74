"""The provider's sockets: a thread that waits for one of them looks up now and then. Knows nothing of what is sent.

Imported with the SDK's HTTP library, at the first call: an installation without a key never loads either.
"""

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2

from qabot.waiting import LOOK_SECONDS, look_up


class AttentiveStream(httpcore2.NetworkStream):
    """A connection whose `read` raises CalledOff as soon as nobody waits for what it would bring."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        ends = time.monotonic() + timeout if timeout is not None else float("inf")
        while True:
            look_up()
            try:
                # Not by watching the socket: TLS has records that are nobody's data. A read that ran out loses nothing.
                return self._stream.read(max_bytes, min(LOOK_SECONDS, max(ends - time.monotonic(), 0.001)))
            except httpcore2.ReadTimeout:
                if time.monotonic() >= ends:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return AttentiveStream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class AttentiveBackend(httpcore2.NetworkBackend):
    """Opens connections as another backend does, and makes them attentive."""

    def __init__(self, backend: httpcore2.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        look_up()
        return AttentiveStream(self._backend.connect_tcp(host, port, timeout, local_address, socket_options))


def make_attentive(client: httpx2.Client) -> httpx2.Client:
    """Have all connections of a client look up, those through a proxy of the environment's too.

    HTTPX has no public way to hand over a network backend without giving up its proxies and certificates, so this
    reaches inside; a test fails where a new version is built otherwise.
    """
    transports: list[Any] = [client._transport, *client._mounts.values()]
    for transport in filter(None, transports):
        transport._pool._network_backend = AttentiveBackend(transport._pool._network_backend)
    return client
