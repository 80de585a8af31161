"""Running twins: what is, and what they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hanzo_twin.client.calls.paths import as_json, get, given, path
from hanzo_twin.client.session import Call, one
from hanzo_twin.client.wire import Request
from hanzo_twin.models import Command, SyncStatus, TwinState

Target = Mapping[str, Any] | tuple[str, float]
"""What a joint shall do: `("position", 0.2)`, or `{"mode": "position", "value": 0.2}`."""


def get_state(ref: str) -> Call[TwinState]:
    """A running twin's state, asked of the worker that folds it.

    Raises:
        Conflict: it doesn't run.
        Unavailable: its worker is silent.
    """
    return get(TwinState, "twins", ref, "state")


def get_sync_status(ref: str) -> Call[SyncStatus]:
    """How well a twin follows its physical counterpart."""
    return get(SyncStatus, "twins", ref, "sync", "status")


def joint_command(
    ref: str, targets: Mapping[str, Target], *, effect_time: datetime | None = None
) -> Call[Command]:
    """Tell joints what to do; the outcome is pending while its time hasn't come.

    Args:
        ref: UUID or name.
        targets: by joint path, such as `{"/World/Arm/shoulder": ("position", 0.2)}`; modes are position,
            velocity and effort, values SI units.
        effect_time: when it shall act; at the next tick if not given.

    Raises:
        Conflict: the twin doesn't run.
        Invalid: it has no such joint.
    """
    wanted = {
        joint: {"mode": target[0], "value": target[1]} if isinstance(target, tuple) else dict(target)
        for joint, target in targets.items()
    }
    when = effect_time.isoformat() if effect_time else None
    return _tell(ref, "joint-command", given(targets=wanted, effect_time=when))


def reset_twin(
    ref: str, values: Mapping[str, Sequence[float]] | None = None, *, to_initial: bool = False
) -> Call[Command]:
    """Set a running twin's state.

    Args:
        ref: UUID or name.
        values: new values by channel, SI units; the others stay.
        to_initial: begin with the scene's initial state.
    """
    new = {channel: list(each) for channel, each in (values or {}).items()}
    return _tell(ref, "reset", {"to_initial": to_initial, "values": new})


def set_rate(ref: str, rate_hz: float, *, reason: str | None = None) -> Call[Command]:
    """Change how many ticks a second a running twin makes."""
    return _tell(ref, "rate", given(rate_hz=rate_hz, reason=reason))


def get_command(command: str) -> Call[Command]:
    """What became of a command."""
    return get(Command, "commands", command)


def _tell(ref: str, verb: str, body: dict[str, Any]) -> Call[Command]:
    request = Request("POST", path("twins", ref, verb), body=as_json(body))
    return Call(request, one(Command), follow=False)
