"""Twins and scenes as the read model holds them. A change makes a new entry, so whoever holds one may keep it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from typing import Any

import orjson

from api_gateway.domain.twin_view import full, phase_of, summary
from twin_schemas.record import Record
from twin_schemas.records import (
    ControlStatus,
    Phase,
    SceneProposal,
    SceneVersion,
    SimStatus,
    SyncStatus,
    TwinSpec,
)

_HASH_BYTES = 6


def is_readable(spec: TwinSpec) -> bool:
    """Whether the definitions of a spec are JSON objects, as they are shown."""
    shown = [text for text in (spec.definition, spec.pending_definition) if text is not None]
    try:
        found = [orjson.loads(text) for text in shown]
    except orjson.JSONDecodeError:
        return False
    return all(isinstance(each, dict) for each in found)


def is_tellable(status: Record | None) -> bool:
    """Whether JSON has words for the numbers that a status shows."""
    match status:
        case SimStatus():
            return isfinite(status.lag_ms)
        case SyncStatus():
            latency = status.latency
            return all(map(isfinite, (latency.p50_ms, latency.p99_ms, latency.max_ms)))
        case _:
            return True


class Definition:
    """What lists and filters need of a definition; decoded when first asked for, kept across status changes.

    Args:
        text: canonical JSON.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def decoded(self) -> Mapping[str, Any]:
        """The whole definition."""
        found = orjson.loads(self._text)
        return found if isinstance(found, dict) else {}

    @property
    def engine(self) -> str:
        """Name of the engine."""
        engine = self.decoded.get("engine")
        return str(engine.get("type", "")) if isinstance(engine, dict) else ""

    @cached_property
    def tags(self) -> list[str]:
        """Its tags."""
        found = self.decoded.get("tags")
        return [str(tag) for tag in found] if isinstance(found, list) else []

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Its metadata."""
        found = self.decoded.get("metadata")
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class TwinEntry:
    """A twin at one moment. Its JSON is made when first asked for, once.

    Attributes:
        spec: what should run.
        read: the spec's active definition, decoded on demand.
        control: the control plane's word on it, or None.
        sim: the worker's, or None.
        sync: the sync engine's, or None.
    """

    spec: TwinSpec
    read: Definition
    control: ControlStatus | None = None
    sim: SimStatus | None = None
    sync: SyncStatus | None = None

    @property
    def id(self) -> str:
        """UUID."""
        return self.spec.twin

    @property
    def name(self) -> str:
        """Name."""
        return self.spec.name

    @property
    def created_ns(self) -> int:
        """When it was made, in ns since the Unix epoch."""
        return self.spec.created_ns

    @cached_property
    def phase(self) -> Phase:
        """The phase that the control plane reports."""
        return phase_of(self)

    @cached_property
    def body(self) -> bytes:
        """JSON of the whole twin."""
        return orjson.dumps(full(self))

    @cached_property
    def summary(self) -> bytes:
        """JSON of what a list shows."""
        return orjson.dumps(summary(self))

    @cached_property
    def etag(self) -> str:
        """`"<revision>-<hash of the body>"`, with its quotation marks."""
        digest = hashlib.blake2b(self.body, digest_size=_HASH_BYTES).hexdigest()
        return f'"{self.spec.revision}-{digest}"'


@dataclass(frozen=True, slots=True)
class TwinFilter:
    """Which twins of a list; what is empty or None doesn't narrow it.

    Attributes:
        tags: all of them must be there.
    """

    tags: tuple[str, ...] = ()
    engine: str | None = None
    phase: Phase | None = None

    def takes(self, entry: TwinEntry) -> bool:
        """Whether a twin is among them."""
        return (
            (self.phase is None or entry.phase is self.phase)
            and (self.engine is None or entry.read.engine == self.engine)
            and all(tag in entry.read.tags for tag in self.tags)
        )


@dataclass(frozen=True)
class SceneEntry:
    """A scene with its versions and the proposals that nobody has decided on; there is at least one version."""

    id: str
    name: str
    org: str
    versions: Mapping[int, SceneVersion] = field(default_factory=dict)
    proposals: Mapping[str, SceneProposal] = field(default_factory=dict)

    @property
    def created_ns(self) -> int:
        """When its newest version was made, in ns since the Unix epoch."""
        return self.latest.created_ns

    @property
    def latest(self) -> SceneVersion:
        """The newest version."""
        return self.versions[max(self.versions)]
