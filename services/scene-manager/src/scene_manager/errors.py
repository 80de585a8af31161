"""What can go wrong in the control plane; each error is also the builtin that it is.

A `Refused` becomes the answer `ControlRefused`; a `Retryable` is tried again by the runner; anything else
stops the process loudly.
"""

from __future__ import annotations

from twin_common.errors import Retryable, StoreUnreachable, TwinError


class SceneManagerError(TwinError):
    """Base of every error that this service raises on purpose."""


class Refused(SceneManagerError, ValueError):
    """A command can't be done, now or as it is; the caller is told so and nothing has changed.

    Attributes:
        code: short, stable and machine-readable.
        field: path in the definition that is wrong, if the command carried one.
        line: line in the definition, from 1.
        current_revision: the twin's, when the command named another.
        unwanted: digests of blobs that were stored for it.
    """

    current_revision: int | None = None
    unwanted: tuple[str, ...] = ()

    def __init__(self, code: str, message: str, *, field: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.line = line


class TwinNotFound(Refused, LookupError):
    """The caller's organisation has no such twin; another organisation's is not found, too."""

    def __init__(self, ref: str) -> None:
        super().__init__("twin_not_found", f"there is no twin {ref[:80]!r}")


class SceneNotFound(Refused, LookupError):
    """The caller's organisation has no such scene, or the scene no such version."""

    def __init__(self, name: str, version: int | None) -> None:
        what = f"scene {name!r}" if version is None else f"version {version} of scene {name!r}"
        super().__init__(
            "scene_not_found", f"{what} isn't registered; register the scene file first", field="scene"
        )


class SceneChanged(SceneManagerError, Retryable):
    """A scene isn't what it was when a command about it was prepared; prepare it again."""


class NameUnavailable(Refused):
    """Another twin, of any organisation, has the name, or had it and isn't wholly removed yet."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "name_unavailable",
            f"the twin name {name!r} is taken; choose another (after a deletion it is free once the twin's "
            "public topic has gone)",
            field="name",
        )


class IdUnavailable(Refused):
    """A twin has the UUID, or had it; whose, isn't said."""

    def __init__(self, twin_id: str) -> None:
        super().__init__("id_unavailable", f"the id {twin_id} can't be used; leave `id` out", field="id")


class StaleRevision(Refused):
    """The command was meant for another revision of the twin."""

    def __init__(self, name: str, expected: int, current: int) -> None:
        super().__init__(
            "revision_conflict",
            f"twin {name!r} is at revision {current}, not {expected}: look at what has changed, then ask again",
        )
        self.current_revision = current


class PhaseConflict(Refused):
    """The twin is in a phase in which the command makes no sense; the message names the phase to wait for."""


class DatabaseUnreachable(SceneManagerError, StoreUnreachable):
    """PostgreSQL doesn't answer, or gave the transaction up; nothing of it has been kept."""


class RevisionConflict(SceneManagerError, Retryable):
    """Somebody else changed the twin first; the transaction was given up."""


class MigrationFailed(SceneManagerError, RuntimeError):
    """The database's tables couldn't be brought up to date; the message says which migration and why."""
