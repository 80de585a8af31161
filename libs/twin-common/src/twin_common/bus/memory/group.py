"""A consumer group in memory: Kafka's eager protocol with range assignment and static members.

A change of members opens a new generation. Each member gives up what it holds and joins it (in its own
`poll`); when all have joined, each takes over its new partitions. A static member that closes keeps its place
until its session ends.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from twin_common.bus.types import Offset, TopicPartition
from twin_common.clock import Clock


@dataclass(slots=True, eq=False)
class Member:
    """One member's place in the group."""

    id: str
    topics: tuple[str, ...]
    static: bool
    session_ns: int
    joined: int = -1
    gone_since_ns: int | None = None
    assigned: frozenset[TopicPartition] = field(default_factory=frozenset)


class Group:
    """Members, their generation, and the group's committed offsets."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self.generation = 0
        self.committed: dict[TopicPartition, Offset] = {}
        self._clock = clock
        self._members: dict[str, Member] = {}
        self._numbers = itertools.count(1)
        self._assigned_generation = -1

    def enter(self, topics: tuple[str, ...], instance_id: str | None, session_ms: int) -> Member:
        """Add a member, or give a static one its place back without a new generation."""
        if instance_id is not None and (known := self._members.get(instance_id)) is not None:
            place = Member(instance_id, topics, True, session_ms * 1_000_000)
            self._members[instance_id] = place
            if known.topics == topics and known.joined == self.generation == self._assigned_generation:
                place.joined, place.assigned = known.joined, known.assigned
            else:
                self.generation += 1
            return place
        identity = instance_id or f"member-{next(self._numbers):06d}"
        place = Member(identity, topics, instance_id is not None, session_ms * 1_000_000)
        self._members[identity] = place
        self.generation += 1
        return place

    def is_current(self, member: Member) -> bool:
        """Whether the place is still this member's, and not expired or taken by a successor."""
        return self._members.get(member.id) is member

    def depart(self, member: Member) -> None:
        """A static member has gone and may come back within its session."""
        member.gone_since_ns = self._clock.monotonic_ns()

    def remove(self, member: Member) -> None:
        """A member has left for good, or its session has ended."""
        if self.is_current(member):
            del self._members[member.id]
            self.generation += 1

    def expire(self) -> None:
        """Remove static members that stayed away for longer than their session."""
        now_ns = self._clock.monotonic_ns()
        for member in list(self._members.values()):
            if member.gone_since_ns is not None and now_ns - member.gone_since_ns >= member.session_ns:
                self.remove(member)

    def join(self, member: Member, partitions: Mapping[str, int]) -> bool:
        """Join the present generation; True once all have and the member's assignment is made."""
        member.joined = self.generation
        waiting = [
            m for m in self._members.values() if m.joined != self.generation and m.gone_since_ns is None
        ]
        if waiting:
            return False
        if self._assigned_generation != self.generation:
            self._assign(partitions)
            self._assigned_generation = self.generation
        return True

    def _assign(self, partitions: Mapping[str, int]) -> None:
        """Range assignment: of each topic, every member gets a contiguous run, in the order of member ids."""
        runs: dict[str, set[TopicPartition]] = {identity: set() for identity in self._members}
        for topic in sorted({topic for member in self._members.values() for topic in member.topics}):
            takers = sorted(m.id for m in self._members.values() if topic in m.topics)
            share, extra = divmod(partitions.get(topic, 0), len(takers))
            first = 0
            for index, identity in enumerate(takers):
                count = share + (1 if index < extra else 0)
                runs[identity].update(TopicPartition(topic, p) for p in range(first, first + count))
                first += count
        for identity, member in self._members.items():
            member.assigned = frozenset(runs[identity])

    def commit(self, offsets: Mapping[TopicPartition, Offset]) -> None:
        """Store progress."""
        self.committed.update(offsets)

    def forget(self, topics: Iterable[str]) -> None:
        """Drop the progress on deleted topics."""
        gone = set(topics)
        self.committed = {tp: at for tp, at in self.committed.items() if tp.topic not in gone}
