"""Telling a database that has gone, or gave up for now, from one that objects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from scene_manager.errors import DatabaseUnreachable

# May be gone when it is tried again. Whether a lost connection had committed, only the inbox knows.
_PASSING: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.TransactionRollbackError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # raised, too, when a connection is lost in the moment in which a query begins
    OSError,
    TimeoutError,
)


@contextmanager
def reaching() -> Iterator[None]:
    """Turn errors that pass by themselves into `DatabaseUnreachable`; others go through as they are."""
    try:
        yield
    except _PASSING as error:
        raise DatabaseUnreachable(
            f"PostgreSQL gave up ({type(error).__name__}: {error}); does it run where database.url says?"
        ) from error
