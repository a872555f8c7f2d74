"""What can go wrong with a backup. Each message is for the person who runs the command, and says what to do."""


class BackupError(Exception):
    """A backup could not be made or restored."""


class WouldOverwrite(BackupError):
    """There is a file of this name already."""


class ToolsMissing(BackupError):
    """No pg_dump and pg_restore here are new enough for the server."""


class ToolFailed(BackupError):
    """pg_dump or pg_restore gave up; its own last words are in the message."""


class NotABackup(BackupError):
    """The file is something else than a backup of QABot."""


class DamagedBackup(BackupError):
    """The file is a backup, but not all of it is there or as it was written."""


class NewerBackup(BackupError):
    """The file was made by a newer PostgreSQL or a newer QABot than this one."""


class DatabaseNotEmpty(BackupError):
    """The database holds something, and nobody said that it may go."""


class DatabaseInUse(BackupError):
    """Somebody is connected to the database that is to be replaced."""


class MayNotCreateDatabases(BackupError):
    """The database's role has no right to create a database beside it."""
