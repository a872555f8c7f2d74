"""A database beside the configured one that goes when it was used, whatever happens meanwhile.

Its name cannot be guessed, and tells its age: what a killed process left behind is dropped a day later.
"""

import contextlib
import secrets
import signal
import threading
import time
from collections.abc import Iterator

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from psycopg import errors, sql

from qabot.backup.failures import MayNotCreateDatabases
from qabot.backup.server import MAINTENANCE_DATABASE, Server

PREFIX = "qabot_scratch_"
FORGOTTEN_SECONDS = 24 * 3600
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NAMES = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"


@contextlib.contextmanager
def scratch_database(server: Server) -> Iterator[str]:
    """Make an empty database and drop it in the end, also after Ctrl-C. Raises MayNotCreateDatabases."""
    name = new_name()
    try:
        _create(server, name)
        yield name
    finally:
        with undisturbed():
            drop(server, name)


@contextlib.contextmanager
def django_uses(name: str) -> Iterator[None]:
    """Let Django's queries, in every thread of this process, go to another database of the same server."""
    before = connection.settings_dict["NAME"]
    try:
        _reconnect_to(name)
        yield
    finally:
        _reconnect_to(before)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Do what follows to its end: a second Ctrl-C must not leave behind what the first one's clean-up is removing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def new_name() -> str:
    return f"{PREFIX}{int(time.time())}_{secrets.token_hex(8)}"


def drop(server: Server, name: str) -> None:
    """Drop a database together with whoever is still connected to it; one that is not there is no trouble."""
    with server.connect(MAINTENANCE_DATABASE) as session:
        session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _create(server: Server, name: str) -> None:
    with server.connect(MAINTENANCE_DATABASE) as session:
        _drop_forgotten(session)
        try:
            session.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        except errors.InsufficientPrivilege:
            raise MayNotCreateDatabases(
                f"The role {server.parameters.get('user', '')} may not create a database beside {server.database}. "
                "On Heroku restore with heroku pg:backups:restore; elsewhere give the role CREATEDB."
            ) from None


def _drop_forgotten(session: "psycopg.Connection[tuple[str]]") -> None:
    for (name,) in session.execute(NAMES, [PREFIX]).fetchall():
        made = name.removeprefix(PREFIX).partition("_")[0]
        if made.isdigit() and int(made) < time.time() - FORGOTTEN_SECONDS:
            with contextlib.suppress(psycopg.Error):  # somebody is in it after all, or it is somebody else's
                session.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _reconnect_to(name: str) -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it
    connection.settings_dict["NAME"] = name
    ContentType.objects.clear_cache()  # their ids are another database's
