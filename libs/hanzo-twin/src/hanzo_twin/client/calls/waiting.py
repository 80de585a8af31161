"""Waiting until a twin is where it shall be."""

from __future__ import annotations

from hanzo_twin.client.calls.twins import get_twin
from hanzo_twin.client.problems import NotReached, Troubled
from hanzo_twin.client.session import Plan, Session
from hanzo_twin.client.wire import Flow, pause
from hanzo_twin.models import Twin

POLL_S = 0.15


def wait_for_phase(ref: str, *phases: str, timeout: float = 60.0) -> Plan[Twin]:
    """Wait until a twin is in one of these phases.

    Args:
        ref: UUID or name.
        phases: such as `"running"`.
        timeout: seconds to wait.

    Raises:
        Troubled: it has failed or is parked; the message says why.
        NotReached: it isn't in time.
    """

    def flow(session: Session) -> Flow[Twin]:
        began = yield from pause()
        while True:
            twin = yield from get_twin(ref)(session)
            trouble = trouble_of(twin)
            # parked is a condition beside the phase: such a twin is still asked to run
            if trouble is not None and ("running" in phases or twin.phase == "failed" not in phases):
                raise trouble
            if twin.phase in phases:
                return twin
            now = yield from pause(POLL_S)
            if now - began > timeout:
                raise NotReached(
                    f"twin {twin.name} is {twin.phase}, not {' or '.join(phases)}, after {timeout:g} s; "
                    f"what its worker reports: `hanzo-twin status {twin.name}`"
                )

    return flow


def trouble_of(twin: Twin) -> Troubled | None:
    """Why a twin can't go on, if so."""
    parked = next((condition for condition in twin.conditions if condition.type == "parked"), None)
    if twin.phase == "failed":
        code = twin.error.code if twin.error else "failed"
        said = twin.error.message.rstrip(".") if twin.error else "no reason was given"
        return Troubled(
            f"twin {twin.name} has failed, {code}: {said}. Correct what is wrong with `hanzo-twin update {twin.name}` "
            f"and start it again with `hanzo-twin start {twin.name}`",
            code,
        )
    if parked is not None:
        return Troubled(
            f"twin {twin.name} is parked: {parked.message.rstrip('.')}. To begin anew from the scene's initial "
            f"state: `hanzo-twin stop {twin.name}`, then `hanzo-twin start {twin.name}`",
            twin.error.code if twin.error else "parked",
        )
    return None
