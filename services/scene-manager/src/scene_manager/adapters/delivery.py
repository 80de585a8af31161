"""Does what an outbox entry asks for; doing it again changes nothing more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from scene_manager.domain.outbox import Draft, Kind
from twin_common.bus.api import Admin, Producer
from twin_common.bus.types import NewTopic
from twin_schemas.catalogue import public_topic, topic


class BusDelivery:
    """Publishes records, creates and removes public topics, removes blobs.

    Args:
        remove_blob: deletes a blob unless a scene version names it.
        prefix: begins every topic's name on the broker.
        replication: replicas of created topics; None takes the broker's default.
    """

    def __init__(
        self,
        producer: Producer,
        admin: Admin,
        remove_blob: Callable[[str], Awaitable[None]],
        *,
        prefix: str,
        replication: int | None,
    ) -> None:
        self._producer = producer
        self._admin = admin
        self._remove_blob = remove_blob
        self._prefix = prefix
        self._replication = replication

    async def deliver(self, draft: Draft) -> None:
        """Do it, and return once the broker says that it is done.

        Raises:
            TwinError: it isn't done, or nobody knows; do it again.
        """
        if draft.kind is Kind.CREATE_TOPIC:
            spec = public_topic(draft.subject)
            name = spec.physical(self._prefix)
            await self._admin.create_topics(
                [NewTopic(name, spec.partitions, spec.config(), replication=self._replication)]
            )
        elif draft.kind is Kind.REMOVE_TOPIC:
            await self._admin.delete_topics([public_topic(draft.subject).physical(self._prefix)])
        elif draft.kind is Kind.REMOVE_BLOB:
            await self._remove_blob(draft.subject)
        else:
            await self._producer.send(
                topic(draft.subject).physical(self._prefix),
                key=draft.key.encode(),
                value=draft.value,
                partition=draft.partition,
                headers=tuple((name, value.encode()) for name, value in draft.headers),
            )
