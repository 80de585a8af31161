"""The read model: the books, fed from the compacted topics, with waiting for what was just written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from api_gateway.adapters.following import Follower
from api_gateway.adapters.settling import Settling
from api_gateway.domain.books import SceneBook, TwinBook
from api_gateway.domain.entries import SceneEntry, TwinEntry, TwinFilter, is_readable, is_tellable
from twin_common import metrics_table as m
from twin_common.bus.api import Bus
from twin_common.bus.types import Record
from twin_common.clock import NS_PER_S, Clock
from twin_common.logs import get_logger
from twin_common.metrics import Metrics
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.errors import SchemaError
from twin_schemas.record import Record as AvroRecord
from twin_schemas.records import SceneProposal, SceneVersion, TwinSpec

SPECS, STATUS, SCENES = "twin.specs", "twin.status", "scene.versions"
_PROPOSAL = "proposal"
_LONGEST_NUMBER = 20
T = TypeVar("T")
_log = get_logger(__name__)


class BusReadModel:
    """`ReadModel` fed from the bus; `run` has to run beside its use.

    Args:
        bus: read from.
        prefix: begins every physical topic name.
        clock: for pauses.
        deadline_s: how long the `..._at` and `..._gone` methods wait.
        metrics: where it is timed how late records are, and counted which can't be read.
    """

    def __init__(
        self, bus: Bus, prefix: str, clock: Clock, deadline_s: float, metrics: Metrics | None = None
    ) -> None:
        self._topics = {topic(name).physical(prefix): name for name in (SPECS, STATUS, SCENES)}
        self._clock, self._deadline_s, self._metrics = clock, deadline_s, metrics
        self._twins, self._scenes = TwinBook(), SceneBook()
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self.follower = Follower(bus, self.apply, clock)
        self._settling = Settling(bus, self.follower)
        self.skipped = 0

    async def run(self) -> None:
        """Follow the topics, for ever."""
        await self.follower.run(dict.fromkeys(self._topics))

    @property
    def caught_up(self) -> bool:
        """Whether everything that was written before the start has been read."""
        return self.follower.caught_up.is_set()

    def apply(self, record: Record) -> None:
        """Take one record; what can't be read is counted and skipped."""
        key = (record.key or b"").decode(errors="replace")
        if self._metrics is not None and self.caught_up:
            late_s = self._clock.now_ns() / NS_PER_S - record.timestamp_ms / 1000
            self._metrics.observe(m.API_MODEL_LAG, max(0.0, late_s))
        try:
            value = None if record.value is None else codec.decode(record.value)
        except SchemaError as error:
            return self._skip(record, str(error))
        aggregate, _, rest = key.partition("/")
        fits = self._take(self._topics[record.topic], aggregate, rest, value)
        if not fits:
            return self._skip(record, f"key {key!r} with {type(value).__name__}")
        for waiting in self._waiting.get(aggregate, ()):
            waiting.set()
        return None

    def _take(self, topic_name: str, aggregate: str, rest: str, value: AvroRecord | None) -> bool:
        """Enter it where it belongs; False: it belongs nowhere."""
        if topic_name == SPECS:
            if not (value is None or (isinstance(value, TwinSpec) and is_readable(value))):
                return False
            self._twins.spec(aggregate, value)
        elif topic_name == STATUS:
            if not is_tellable(value):
                return False
            self._twins.status(aggregate, rest, value)
        elif rest.startswith(f"{_PROPOSAL}/"):
            if not (value is None or isinstance(value, SceneProposal)):
                return False
            self._scenes.proposal(aggregate, rest.partition("/")[2], value)
        else:
            if not (rest.isdecimal() and len(rest) < _LONGEST_NUMBER) or not (
                value is None or isinstance(value, SceneVersion)
            ):
                return False
            self._scenes.version(aggregate, int(rest), value)
        return True

    def _skip(self, record: Record, why: str) -> None:
        self.skipped += 1
        if self._metrics is not None:
            self._metrics.count(m.API_MODEL_SKIPPED, topic=self._topics[record.topic])
        _log.error(
            "a record can't be read",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            error=why,
        )

    def twin(self, org: str, ref: str) -> TwinEntry | None:
        """A twin, unless there is none."""
        return self._twins.find(org, ref)

    def twins(self, org: str, wanted: TwinFilter, after: str | None, limit: int) -> Sequence[TwinEntry]:
        """Up to `limit` twins in the order of their names, those behind `after`."""
        return self._twins.page(org, wanted, after, limit)

    def twin_by_id(self, twin_id: str) -> TwinEntry | None:
        """A twin of any organisation."""
        return self._twins.by_id(twin_id)

    def scene(self, org: str, ref: str) -> SceneEntry | None:
        """A scene, unless there is none."""
        return self._scenes.find(org, ref)

    def scenes(
        self, org: str, after: str | None, limit: int, name: str | None = None
    ) -> Sequence[SceneEntry]:
        """Up to `limit` scenes in the order of their names, those behind `after`; only `name` when given."""
        if name is None:
            return self._scenes.page(org, after, limit)
        found = self._scenes.find(org, name)
        return [found] if found is not None and found.name == name and (after is None or name > after) else []

    async def settle(self) -> None:
        """Wait (a moment at most) until everything is known that was written before the call."""
        await self._settling.settle()

    async def close(self) -> None:
        """Disconnect."""
        await self._settling.close()

    async def twin_at(self, twin_id: str, revision: int) -> TwinEntry | None:
        """A twin as soon as this revision is known, and the control plane's word on it."""

        def there() -> TwinEntry | None:
            entry = self._twins.by_id(twin_id)
            if entry is None or entry.spec.revision < revision:
                return None
            return entry if entry.control is not None and entry.control.revision >= revision else None

        found = await self._until(twin_id, there)
        if found is None and (entry := self._twins.by_id(twin_id)) and entry.spec.revision >= revision:
            return entry  # the phase will follow
        return found

    async def twin_gone(self, twin_id: str) -> bool:
        """Wait until a twin isn't there and its name is free."""
        return bool(await self._until(twin_id, lambda: self._twins.gone(twin_id)))

    async def scene_at(self, scene_id: str, version: int) -> SceneEntry | None:
        """A scene as soon as this version of it is known."""

        def there() -> SceneEntry | None:
            entry = self._scenes.by_id(scene_id)
            return entry if entry is not None and version in entry.versions else None

        return await self._until(scene_id, there)

    async def scene_gone(self, scene_id: str, version: int | None = None) -> bool:
        """Wait until a scene, or one version of it, isn't there."""

        def gone() -> bool:
            entry = self._scenes.by_id(scene_id)
            return entry is None or (version is not None and version not in entry.versions)

        return bool(await self._until(scene_id, gone))

    async def _until(self, aggregate: str, look: Callable[[], T | None]) -> T | None:
        """What `look` finds once it finds something, looking again at each change; None after the deadline."""
        if found := look():
            return found
        changed = asyncio.Event()
        self._waiting.setdefault(aggregate, set()).add(changed)
        try:
            async with asyncio.timeout(self._deadline_s):
                while not (found := look()):
                    changed.clear()
                    await changed.wait()
                return found
        except TimeoutError:
            return None
        finally:
            self._waiting[aggregate].discard(changed)
            if not self._waiting[aggregate]:
                del self._waiting[aggregate]
