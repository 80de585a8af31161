"""What a running twin says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import AliasChoices, Field

from hanzo_twin.models.base import Model


class TwinState(Model):
    """A running twin's state, as its worker has it.

    Attributes:
        twin, name, revision, incarnation: whose.
        offset: last journal offset folded.
        tick, time: last tick and its time.
        parameter_version: in force.
        values: every channel after the tick, by `<prim path>.<kind>`, SI units.
        parameters: overrides, SI units.
        inputs: held, by channel.
        digest: of the fold state.
    """

    twin: str
    name: str = ""
    revision: int = 0
    incarnation: int = 0
    offset: int = -1
    tick: int = -1
    time: datetime | None = None
    parameter_version: int = 0
    values: Mapping[str, tuple[float, ...]] = {}
    parameters: Mapping[str, float] = {}
    inputs: Mapping[str, tuple[float, ...]] = {}
    digest: str = ""


class Prediction(Model):
    """One prediction of a twin's public stream.

    Attributes:
        twin, name, incarnation: whose.
        offset: journal offset of the frame that caused it.
        tick: k, whose innovations it has.
        time: of tick k+1, for which the values are predicted.
        parameter_version: in force.
        values: predicted, by channel, SI units.
        innovations: reading minus prediction at tick k, by channel.
        units: of the channels, as far as known.
        latency_ms: from the newest reading to publication; None when not measured.
        event_id: where it lies in the stream; a stream resumes after it.
    """

    twin: str
    name: str = ""
    incarnation: int
    offset: int
    tick: int
    time: datetime | None = None
    parameter_version: int = 0
    values: Mapping[str, tuple[float, ...]] = {}
    innovations: Mapping[str, tuple[float, ...]] = {}
    units: Mapping[str, str] = {}
    latency_ms: float | None = None
    event_id: str | None = None


class Source(Model):
    """One source of readings.

    Attributes:
        name: of the source.
        connected: to its broker.
        live: its readings count.
        received: messages since the sync engine started.
        last_at: receipt of the last; None: never.
        clock_offset_ns: of its clock.
        error: the last one.
    """

    name: str
    connected: bool = False
    live: bool = False
    received: int = 0
    last_at: datetime | None = None
    clock_offset_ns: int = 0
    error: str | None = None


class Latency(Model):
    """Sync latency over the last reporting period, in ms."""

    count: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0


class SyncStatus(Model):
    """How well a twin follows its physical counterpart.

    Attributes:
        twin, name, revision: whose.
        state: live, stale, stopped, starting or failed.
        engine: instance of the sync engine.
        incarnation, epoch, tick: how far; -1: no tick yet.
        sources: what it listens to.
        latency: of the last period.
        innovation_rms: by channel over the last period, SI units.
        counts: frames, readings, predictions, and what was refused by reason.
        errors: last message by reason.
        at: when it was reported.
    """

    twin: str
    name: str = ""
    revision: int = 0
    state: str = ""
    engine: str | None = None
    incarnation: int | None = None
    epoch: int | None = None
    tick: int | None = None
    sources: tuple[Source, ...] = ()
    latency: Latency | None = None
    innovation_rms: Mapping[str, float] = {}
    counts: Mapping[str, int] = {}
    errors: Mapping[str, str] = {}
    at: datetime | None = None


class Command(Model):
    """What became of a command.

    Attributes:
        id: of the command.
        status: pending, accepted, applied, refused or unknown.
        code, message: why it was refused.
        tick, step: of the frame in which it acted, and the engine step within it.
        late_ns: how long after its effect time it acted; 0: in time.
    """

    id: str = Field(validation_alias=AliasChoices("command", "id"))
    status: str
    code: str | None = None
    message: str | None = None
    tick: int | None = None
    step: int | None = None
    late_ns: int | None = None

    @property
    def pending(self) -> bool:
        """Whether its outcome isn't known yet."""
        return self.status == "pending"
