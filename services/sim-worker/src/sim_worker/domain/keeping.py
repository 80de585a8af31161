"""What keyframes need of the outside."""

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
