"""What can go wrong, as one tree; each error is also the builtin that it is.

The runner reads the tree as instructions: `Retryable` is tried again, `Rejected` goes to the dead letters,
`Busy` slows the consumer down, and anything else stops the process loudly.
"""

from __future__ import annotations


class TwinError(Exception):
    """Base of every error that this library raises on purpose."""


class Retryable(TwinError, RuntimeError):
    """It failed for now: the same call may succeed later, and nothing was half done."""


class Rejected(TwinError, ValueError):
    """It can never succeed: the record goes to the dead letters (on control topics) and the next one is
    handled.

    Attributes:
        code: short, stable, machine-readable reason such as `name_unavailable`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Busy(TwinError, RuntimeError):
    """The handler has no room now: its partition is paused and the same record is offered again.

    Attributes:
        retry_after_s: seconds to wait before offering it again.
    """

    def __init__(self, message: str, *, retry_after_s: float = 0.1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class SettingsError(TwinError, ValueError):
    """A setting is missing, unknown or wrong; the message names it and says how to write it."""


class DefinitionError(TwinError, ValueError):
    """A twin definition can't be accepted.

    Attributes:
        problems: one (path, message, line or None) for each thing wrong, in the order of the file.
    """

    def __init__(self, message: str, problems: tuple[tuple[str, str, int | None], ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems

    @property
    def without_places(self) -> str:
        """The same for whoever sent no file: without its name and lines."""
        said = [f"{path}: {message}" if path else message for path, message, _ in self.problems]
        return "; ".join(said) or str(self)


class BusError(TwinError, RuntimeError):
    """The bus refused something that asking again would not change."""


class BrokerUnreachable(Retryable, ConnectionError):
    """No broker answers at the configured address."""


class TooFewBrokers(Retryable):
    """A topic can't have as many replicas as it is to have: fewer brokers have joined the cluster so far."""


class BrokerRefused(BusError, PermissionError):
    """A broker answers but refuses us: wrong credentials or no right to the topic or group."""


class TopicMissing(BusError, LookupError):
    """A topic or partition doesn't exist; topics are created by one command, never by writing to them."""


class TopicMismatch(BusError, ValueError):
    """A topic exists with another number of partitions than declared."""


class SendFailed(BusError):
    """A record was not acknowledged; the message names its topic and partition, the cause says why."""


class NoLongerMeant(SendFailed):
    """A record wasn't sent: whoever handed it over doesn't want it sent any more."""


class CommitFenced(BusError):
    """The partition has gone to another member: what was handled will be handled there again."""


class OffsetUnavailable(BusError, LookupError):
    """The asked offset isn't in the log any more; the message names the oldest one kept."""


class EnvelopeError(Rejected):
    """The headers of a control record aren't a CloudEvents 1.0 envelope."""


class BlobMissing(TwinError, LookupError):
    """No object is stored under the digest."""


class BlobMisnamed(BlobMissing, ValueError):
    """No object can be stored under such a name: it is no digest, or no folder. Who finds it in a record goes on as
    without the object.
    """


class BlobCorrupt(TwinError, ValueError):
    """An object's bytes don't have the digest that they are stored under."""


class RangeCorrupt(TwinError, ValueError):
    """A blob that should be a sealed range of a journal isn't one, or lacks records that it counts."""


class BeyondRetention(TwinError, LookupError):
    """A part of a journal is kept nowhere any more.

    Attributes:
        partition: of the journal.
        asked: the offset that was asked for, or that reading came to.
        oldest: the first offset from which on everything is kept.
    """

    def __init__(self, partition: int, asked: int, oldest: int) -> None:
        super().__init__(
            f"journal partition {partition}: offset {asked} isn't kept any more; the oldest one that is: {oldest}"
        )
        self.partition, self.asked, self.oldest = partition, asked, oldest


class TooManyUploads(TwinError):
    """An owner has as many uploads that have become nothing as it may; the oldest are swept in time."""


class StoreUnreachable(Retryable, ConnectionError):
    """The object store doesn't answer at the configured endpoint."""


class StoreRefused(TwinError, PermissionError):
    """The object store answers but refuses: wrong keys or no right to the bucket."""


class TooManyDeadLetters(TwinError, RuntimeError):
    """So many records were refused in so short a time that the consumer, or its producer, must be broken."""
