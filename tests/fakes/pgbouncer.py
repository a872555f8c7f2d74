"""Debian's PgBouncer in transaction mode before the test's database; skips the test where it is not installed."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from qabot.embedded_postgres.system_user import system_user
from tests.site import database_url, running, wait_until

POOL_SIZE = 3  # connections of the server: fewer than clients, so that transactions of one client meet them all


@contextmanager
def pgbouncer() -> Iterator[str]:
    """The address of the database through it."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip("PgBouncer is not installed (apt-get install pgbouncer)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    # Not in pytest's own folder: PgBouncer refuses to be root, and another user may not enter that.
    with tempfile.TemporaryDirectory(prefix="qabot-pgbouncer-") as folder:
        Path(folder).chmod(0o711)
        configuration = Path(folder) / "pgbouncer.ini"
        configuration.write_text(_configuration(port))
        configuration.chmod(0o644)  # what it holds is a throw-away database's
        user = system_user()
        identity = ["--user", user.pw_name] if user else []
        process = subprocess.Popen([program, "--quiet", *identity, str(configuration)])
        address = database_url(host="127.0.0.1", port=port)
        with running(process):
            wait_until(lambda: _answers(process, address))
            yield address


def _configuration(port: int) -> str:
    connection.ensure_connection()
    info = connection.connection.info
    password = f" password={info.password}" if info.password else ""
    return f"""
[databases]
* = host={info.host} port={info.port} user={info.user}{password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {POOL_SIZE}
max_client_conn = 100
"""


def _answers(process: subprocess.Popen[bytes], address: str) -> bool:
    assert process.poll() is None, "PgBouncer ended"
    try:
        psycopg.connect(address, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True
