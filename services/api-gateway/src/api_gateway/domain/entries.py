"""Twins and scenes as the read model holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import orjson

from twin_schemas.records import (
    ControlStatus,
    Phase,
    SceneProposal,
    SceneVersion,
    SimStatus,
    SyncStatus,
    TwinSpec,
)


@dataclass(frozen=True)
class TwinEntry:
    """A twin at one moment; a change makes a new entry.

    Attributes:
        spec: what should run.
        control: the control plane's word on it, or None.
        sim: the worker's, or None.
        sync: the sync engine's, or None.
    """

    spec: TwinSpec
    control: ControlStatus | None = None
    sim: SimStatus | None = None
    sync: SyncStatus | None = None

    @property
    def id(self) -> str:
        """UUID."""
        return self.spec.twin

    @property
    def phase(self) -> Phase:
        """The phase that the control plane reports."""
        from api_gateway.domain.twin_view import phase_of

        return phase_of(self)

    @cached_property
    def definition(self) -> Mapping[str, object]:
        """The active definition."""
        found: dict[str, object] = orjson.loads(self.spec.definition)
        return found

    @cached_property
    def tags(self) -> frozenset[tuple[str, str]]:
        """Tags as pairs."""
        from api_gateway.domain.twin_view import tags_of

        return tags_of(self)


@dataclass(frozen=True, slots=True)
class TwinFilter:
    """Which twins of a list; what is empty or None doesn't narrow it.

    Attributes:
        tags: all of them must be there; `key` alone or `key=value`, or an item of a list of tags.
    """

    tags: tuple[str, ...] = ()
    engine: str | None = None
    phase: Phase | None = None


@dataclass(frozen=True)
class SceneEntry:
    """A scene with its versions; a change makes a new entry."""

    id: str
    name: str
    org: str
    versions: Mapping[int, SceneVersion] = field(default_factory=dict)
    proposals: Mapping[str, SceneProposal] = field(default_factory=dict)

    @property
    def latest(self) -> SceneVersion:
        """The newest version; an entry always has one."""
        return self.versions[max(self.versions)]
