"""Work in slices of a few milliseconds, so that heartbeats and acknowledgements get their turn in between."""

import asyncio
from time import perf_counter

_LONGEST_S = 0.005


class Slices:
    """The time that one event loop spends on pieces of work before it looks after everything else again.

    Tasks that share one take turns: after a piece that lasted, the loop comes round before the next piece begins,
    whichever task has it.
    """

    def __init__(self, longest_s: float = _LONGEST_S) -> None:
        """Pieces that together take less than `longest_s` may follow each other at once."""
        self._longest_s = longest_s
        self._began = 0.0
        self._turn = asyncio.Lock()

    async def between(self) -> None:
        """Call before each piece of work."""
        if perf_counter() - self._began < self._longest_s:
            return
        async with self._turn:
            await asyncio.sleep(0)
            self._began = perf_counter()
