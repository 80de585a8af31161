"""What is asked of places where the past is kept."""

from dataclasses import dataclass
from typing import Protocol

from twin_schemas.records import KeyframeTaken


class KeyframeShelf(Protocol):
    """Keeps states for as long as the journal."""

    async def keep(self, partition: int, record: KeyframeTaken, encoded: bytes) -> None:
        """Store a state, then say so; acknowledged on return.

        Raises:
            StoreUnreachable, StoreRefused, BrokerUnreachable, SendFailed: it isn't kept, or nobody knows of it.
        """
        ...

    async def erase(self, twin: str) -> None:
        """Remove every state of a twin that has gone.

        Raises:
            StoreUnreachable, StoreRefused: some are left.
        """
        ...


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A mark that a journal doesn't hold.

    Attributes:
        reason: what was found, for people.
        above: incarnations up to this one were numbered in the journal.
    """

    reason: str
    above: int


class Ends(Protocol):
    """Knows how far journals reach."""

    async def end(self, partition: int) -> int:
        """The offset behind the newest record, now."""
        ...


class Witness(Protocol):
    """Knows from outside of the broker how far journals have reached."""

    async def contradiction(self, partition: int) -> Contradiction | None:
        """In what a journal contradicts the newest mark of it; None: in nothing, or there is none.

        Raises:
            StoreUnreachable, StoreRefused, BrokerUnreachable: it isn't known.
        """
        ...

    async def forget(self, partition: int) -> None:
        """Remove the marks of a journal.

        Raises:
            StoreUnreachable, StoreRefused: they are still there.
        """
        ...
