"""Whether the broker still has what was published: one that was set back to an earlier state gets it again."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Final, Protocol

from scene_manager.domain.outbox import Draft, Kind
from scene_manager.errors import DatabaseUnreachable
from twin_common.bus.api import Bus
from twin_common.errors import TwinError
from twin_common.logs import get_logger
from twin_schemas.catalogue import catalogue, public_topic, topic

_EVERY_S: Final = 60.0
_CONFIRM_S: Final = 2.0
_log = get_logger(__name__)

LASTING: Final = tuple(name for name, spec in catalogue().items() if spec.compacted)


class Sent(Protocol):
    """What has been delivered, as the database knows it."""

    async def newest_sent(self, topics: Collection[str]) -> Sequence[Draft]:
        """Of each topic and key the newest record that was published within the last days."""
        ...

    async def topics_sent(self) -> Sequence[Draft]:
        """The public topics that were created within the last days, and not removed."""
        ...

    async def doubt(self, lanes: Collection[str]) -> None:
        """Have the newest records of these lanes published once more."""
        ...

    async def repeat(self, drafts: Collection[Draft]) -> None:
        """Have these done once more."""
        ...


class Recheck:
    """Compares the lasting topics with the outbox, at the start and every minute.

    PostgreSQL and the broker are restored apart: what the one knows as published may be gone from the other.

    Args:
        sent: the outbox.
        bus: the broker.
        prefix: begins every topic's name on it.
        confirm_s: what is lacking is looked for once more after this time.
    """

    def __init__(self, sent: Sent, bus: Bus, prefix: str, *, confirm_s: float = _CONFIRM_S) -> None:
        self._sent, self._bus, self._prefix, self._confirm_s = sent, bus, prefix, confirm_s

    async def run(self) -> None:
        """Look again and again, for ever; while database or broker are away, later."""
        while True:
            try:
                await self.look()
            except (TwinError, DatabaseUnreachable) as error:
                _log.warning("what was published isn't compared with the broker", reason=str(error))
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> set[str]:
        """Have what the broker lacks published again; returns the lanes (twins, scenes) concerned."""
        lost = await self._lost()
        if lost:  # database and broker aren't read at one moment: what changes just now looks lost, once
            await asyncio.sleep(self._confirm_s)
            still = await self._lost()
            lost = [draft for draft in lost if draft in still]
        if topics := [draft for draft in lost if draft.kind is Kind.CREATE_TOPIC]:
            await self._sent.repeat(topics)
        lanes = {draft.lane for draft in lost}
        if lanes:
            _log.error("the broker lacks what was published; publishing it again", lanes=len(lanes))
            await self._sent.doubt(lanes)
        return lanes

    async def _lost(self) -> list[Draft]:
        return [*await self._lost_topics(), *await self._lost_records()]

    async def _lost_topics(self) -> list[Draft]:
        created = await self._sent.topics_sent()
        async with await self._bus.admin() as admin:
            there = await admin.list_topics()
        return [d for d in created if public_topic(d.subject).physical(self._prefix) not in there]

    async def _lost_records(self) -> list[Draft]:
        wanted = await self._sent.newest_sent(LASTING)
        subjects = {draft.subject for draft in wanted}
        held: dict[tuple[str, bytes], bytes | None] = {}
        async with await self._bus.reader() as reader:
            for subject in sorted(subjects):
                await reader.assign(*await reader.partitions(topic(subject).physical(self._prefix)))
                async for record in reader.read_to_end():
                    held[subject, record.key or b""] = record.value
        return [d for d in wanted if held.get((d.subject, d.key.encode())) != d.value]
