"""The runner's view of what has been handled."""

from __future__ import annotations


class TransactionalInbox:
    """Lets every record through: the transaction of its effect knows repeats, and answers them again."""

    async def seen(self, message_id: str) -> bool:
        """Never: see the class."""
        return False

    async def remember(self, message_id: str) -> None:
        """Nothing to do: it is noted where its effect is kept."""
