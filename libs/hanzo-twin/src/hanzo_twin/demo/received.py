"""What a client got of a public stream, and what it should have got."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from hanzo_twin.audit.collect import Evidence
from hanzo_twin.models import Prediction

ARRIVES_S = 5.0


class Received:
    """The predictions that a client got."""

    def __init__(self) -> None:
        self._got: set[tuple[int, int]] = set()
        self._more = asyncio.Event()

    def __len__(self) -> int:
        return len(self._got)

    def add(self, prediction: Prediction) -> None:
        """One more."""
        self._got.add((prediction.incarnation, prediction.offset))
        self._more.set()

    async def missed(self, evidence: Evidence, until_ms: int, patience_s: float = ARRIVES_S) -> int:
        """How many public predictions the client didn't get, from its first one on.

        Args:
            evidence: with the public stream.
            until_ms: those that were public by then, in ms since the Unix epoch.
            patience_s: for those that are under way.
        """
        public = {
            (item.prediction.incarnation, item.prediction.offset)
            for item in evidence.public
            if item.at_ms <= until_ms
        }
        first = min(self._got, default=(0, 0))
        due = {identity for identity in public if identity >= first}
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while not due <= self._got:
                    self._more.clear()
                    await self._more.wait()
        return len(due - self._got)
