"""What can go wrong in the sync engine, as one tree; each error is also the builtin that it is."""

from twin_common.errors import Retryable, TwinError
from twin_common.identity import Principal


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
        who: the sender, as far as their token proves it.
    """

    def __init__(self, code: str, message: str, who: Principal | None = None) -> None:
        super().__init__(message)
        self.code, self.who = code, who


class Fenced(SyncError, PermissionError):
    """Somebody else writes this journal now, or this process can't be sure that nobody does."""


class JournalLost(SyncError, ConnectionError):
    """A journal record was not acknowledged: nothing may be written after it until the journal is read
    again.
    """


class JournalRewound(SyncError, Retryable):
    """The broker's log ends before what was read of it: its newest records are lost."""
