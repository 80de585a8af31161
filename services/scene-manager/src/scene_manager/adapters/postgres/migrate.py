"""Brings the database's tables up to date."""

from __future__ import annotations

from importlib.resources import as_file, files
from urllib.parse import urlsplit

from yoyo import get_backend, read_migrations
from yoyo.exceptions import BadMigration, LockTimeout

from scene_manager.errors import DatabaseUnreachable, MigrationFailed

_LOCK = 4_860_083


def migrate(url: str) -> tuple[str, ...]:
    """Apply the migrations that the database hasn't seen; any number of processes may do so at once.

    Args:
        url: `postgresql://…`, with a host or with a socket folder as parameter `host`.

    Returns:
        The ids of those applied.

    Raises:
        DatabaseUnreachable: the database doesn't answer.
        MigrationFailed: a migration failed; it and those after it are not applied.
    """
    import psycopg

    try:
        backend = get_backend(urlsplit(url)._replace(scheme="postgresql+psycopg").geturl())
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(
            f"PostgreSQL doesn't answer ({error}); check that database.url is right"
        ) from error
    try:
        # The library's own lock is a row that a killed process leaves behind; ours ends with the connection,
        # so whoever holds it knows that such a row is a dead process's.
        backend.execute(f"SELECT pg_advisory_lock({_LOCK})")
        backend.break_lock()
        with as_file(files("scene_manager.adapters.postgres") / "migrations") as folder, backend.lock():
            pending = backend.to_apply(read_migrations(str(folder)))
            applied = tuple(migration.id for migration in pending)
            backend.apply_migrations(pending)
        return applied
    except (psycopg.Error, BadMigration, LockTimeout) as error:
        raise MigrationFailed(f"the database's tables can't be brought up to date: {error}") from error
    finally:
        backend.connection.close()
