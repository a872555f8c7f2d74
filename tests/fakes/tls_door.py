"""A door with TLS before a server that has none: real certificates, real records, on this machine alone."""

import select
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


def make_certificate(folder: Path) -> Path:
    """A file with a new key and its certificate for 127.0.0.1, good for a day."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    path = folder / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path)]
    certificate = subprocess.run([*command, "-out", "-"], check=True, capture_output=True, text=True).stdout
    path.write_text(path.read_text() + certificate)
    return path


@contextmanager
def tls_door(port: int, certificate: Path) -> Iterator[int]:
    """The port of a door that leads to another port of this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, context, port), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError):  # the door is closed
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_carry, args=(connection, context, port), daemon=True).start()


def _carry(connection: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with (
        suppress(OSError),
        context.wrap_socket(connection, server_side=True) as outside,
        socket.create_connection(("127.0.0.1", port)) as inside,
    ):
        while True:
            waiting = [outside] if outside.pending() else select.select([outside, inside], [], [])[0]
            for end in waiting:
                content = end.recv(65536)
                if not content:
                    return
                (inside if end is outside else outside).sendall(content)
