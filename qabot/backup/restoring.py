"""Load a backup into an empty database, or put it in the place of the one that is there. Asks nobody.

What is replaced goes only when the new one stands beside it complete: a backup that turns out to be damaged, a full
disk or Ctrl-C leave everything as it was.
"""

import tempfile
from collections.abc import Callable

import psycopg
from psycopg import errors

from qabot.backup.archive import Archive, explain
from qabot.backup.failures import DatabaseInUse, ToolFailed
from qabot.backup.scratch import drop, new_name, scratch_database, undisturbed
from qabot.backup.server import MEBIBYTE, Server
from qabot.backup.tools import Tools

# One transaction: all of it or nothing. Owners and rights are those of the role that restores.
ARGUMENTS = ["--no-owner", "--no-acl", "--single-transaction", "--exit-on-error", "--verbose"]
IN_USE = (
    "{count} connections to the database {name} are open: QABot runs, or somebody looks at the data. Stop QABot first: "
    "Ctrl-C where bin/run was started, or end its service; on Heroku heroku ps:scale web=0 worker=0."
)

OnStep = Callable[[str], None]


def load(archive: Archive, database: str, server: Server, tools: Tools, on_step: OnStep) -> None:
    """Load a backup into an empty database, which stays empty if that fails.

    Raises DamagedBackup, NewerBackup and ToolFailed.
    """
    memory = server.maintenance_bytes() // MEBIBYTE
    environment = server.environment(database)
    environment["PGOPTIONS"] = f"{environment.get('PGOPTIONS', '')} -c maintenance_work_mem={memory}MB".strip()
    with tempfile.NamedTemporaryFile("w", prefix="qabot-restore-") as contents:
        contents.write("\n".join(archive.contents))
        contents.flush()
        arguments = [*ARGUMENTS, f"--use-list={contents.name}", f"--dbname={database}", str(archive.path)]
        try:
            tools.run("pg_restore", arguments, environment, on_step)
        except ToolFailed as error:
            raise explain(error, archive.path) from None
    server.make_ready(database)


def fill(archive: Archive, server: Server, tools: Tools, on_step: OnStep) -> None:
    """Load a backup into the configured database, which is empty. Raises what `load` raises."""
    load(archive, server.database, server, tools, on_step)


def replace(archive: Archive, server: Server, tools: Tools, on_step: OnStep) -> None:
    """Load a backup beside the configured database, let it take its name, and drop the old one.

    Raises DatabaseInUse before and after the loading, MayNotCreateDatabases, and what `load` raises.
    """
    require_unused(server)
    with scratch_database(server) as fresh:
        load(archive, fresh, server, tools, on_step)
        old = new_name()
        with undisturbed():
            try:
                server.swap(fresh, old)
            except errors.ObjectInUse:
                require_unused(server)
                raise
            try:
                drop(server, old)
            except psycopg.Error as error:
                raise DatabaseInUse(
                    f"The backup is restored. The database as it was before could not be dropped: it is {old} now "
                    f"({str(error).strip()})."
                ) from None


def require_unused(server: Server) -> None:
    """Raise DatabaseInUse, which says how to stop QABot, if anybody is connected to the configured database."""
    if count := server.others_connected():
        raise DatabaseInUse(IN_USE.format(count=count, name=server.database))
