"""What every client of either bus shares: closing through `async with`."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class ClosingClient:
    """A client that closes itself at the end of an `async with`."""

    async def close(self) -> None:
        """Release everything; a second call does nothing."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
