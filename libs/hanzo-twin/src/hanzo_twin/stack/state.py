"""What runs, as the supervisor writes it down for everybody else."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, ValidationError

from hanzo_twin.stack.connection import Connection
from hanzo_twin.stack.files import write_private
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.processes import ProcessId

LOCKED = 75
"""Exit code of a supervisor that finds another one in its home."""


class Phase(StrEnum):
    """Of a part, and of the stack as a whole."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    EXTERNAL = "external"
    DEGRADED = "degraded"
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"


class PartState(BaseModel):
    """One part or service process.

    Attributes:
        name: unique in the stack.
        service: it is one of the platform's own processes, not a part that they use.
        phase: where it is.
        process: its process while it runs, and the last one after.
        stop_signal: what makes it end in order.
        stop_within_s: how long that may take, in seconds.
        ports: TCP ports on loopback by purpose.
        address: where it is reached, in words.
        ready_s: seconds from the start to ready.
        ended: how it ended, when it did.
        tail: last lines of its log, when it failed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    service: bool = False
    phase: Phase = Phase.WAITING
    process: ProcessId | None = None
    stop_signal: int = 15
    stop_within_s: float = 5.0
    ports: dict[str, int] = {}
    address: str = ""
    ready_s: float | None = None
    ended: str | None = None
    tail: tuple[str, ...] = ()


class StackState(BaseModel):
    """The stack as a whole.

    Attributes:
        phase: ready when every part is; degraded when one has failed since.
        supervisor: the process that wrote this.
        generation: the `Plan.generation` that is carried out.
        connection: how to reach it; None before the ports are chosen.
        parts: in the order of their start.
        error: why it failed, in full.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    phase: Phase
    supervisor: ProcessId
    generation: int
    connection: Connection | None = None
    parts: tuple[PartState, ...] = ()
    error: str | None = None

    def running(self) -> bool:
        """Whether its supervisor lives."""
        return self.supervisor.alive()

    def part(self, name: str) -> PartState | None:
        """One part by its name."""
        return next((part for part in self.parts if part.name == name), None)

    def alive(self) -> tuple[PartState, ...]:
        """Parts whose process runs, whatever became of the supervisor."""
        return tuple(part for part in self.parts if part.process is not None and part.process.alive())


def read_state(home: Home) -> StackState | None:
    """The last written state; None when nothing ever ran here, or an incompatible version did."""
    try:
        return StackState.model_validate_json(home.state.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def write_state(home: Home, state: StackState) -> None:
    """Publish a state."""
    write_private(home.state, state.model_dump_json(indent=1))
