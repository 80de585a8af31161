"""What can go wrong in the sync engine, as one tree; each error is also the builtin that it is."""

from twin_common.errors import TwinError


class SyncError(TwinError):
    """Base of the sync engine's own errors."""


class PayloadRefused(SyncError, ValueError):
    """A message can't become a reading; it is counted under its reason and nothing of it is used.

    Attributes:
        reason: short and stable, a key of `SyncStatus.errors` and `SyncStatus.counts`.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class CommandRejected(SyncError, ValueError):
    """A command isn't sequenced; its sender is told by a `CommandRefused`.

    Attributes:
        code: short and stable.
        org: the organisation in whose name it is told; None: the command's.
    """

    def __init__(self, code: str, message: str, org: str | None = None) -> None:
        super().__init__(message)
        self.code, self.org = code, org


class Fenced(SyncError, PermissionError):
    """Somebody else writes this journal now, or this process can't be sure that nobody does."""


class JournalLost(SyncError, ConnectionError):
    """A journal record was not acknowledged: nothing may be written after it until the journal is read
    again.
    """
