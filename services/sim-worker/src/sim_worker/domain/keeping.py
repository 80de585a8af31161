"""What is asked of places where the past is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """What a journal doesn't hold any more, although it was seen in it.

    Attributes:
        reason: what was found, for people.
        above: incarnations up to this one were numbered in the journal.
    """

    reason: str
    above: int


@dataclass(frozen=True, slots=True)
class Losses:
    """What is known from outside of the broker of a partition's journal.

    Attributes:
        mark: in what it contradicts a mark that is not accounted for yet; None: in nothing, or there is none.
        twins: those that have lost records and were seen in no new incarnation since, such as stopped ones.
        accounted: the marks whose losses `twins` holds, or `mark` tells of.
    """

    mark: Contradiction | None = None
    twins: Mapping[str, Contradiction] = field(default_factory=dict)
    accounted: frozenset[str] = frozenset()

    @property
    def above(self) -> int:
        """Incarnations up to this one are used up."""
        return max((each.above for each in (self.mark, *self.twins.values()) if each), default=0)


class Ends(Protocol):
    """Knows how far journals reach."""

    async def end(self, partition: int) -> int:
        """The offset behind the newest record, now."""
        ...


class Witness(Protocol):
    """Knows from outside of the broker how far journals have reached."""

    async def losses(self, partition: int) -> Losses:
        """What a journal has lost.

        Raises:
            StoreUnreachable, StoreRefused, BrokerUnreachable: it isn't known.
        """
        ...

    async def account(self, partition: int, losses: Losses) -> None:
        """Note the twins that have lost records; the mark that told of it isn't needed any more.

        Raises:
            StoreUnreachable, StoreRefused: it has to be done again.
        """
        ...
