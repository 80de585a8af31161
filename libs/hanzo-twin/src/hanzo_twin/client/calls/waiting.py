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
            # What is in trouble can't come to run; to stand still it can come, unless it has failed for good.
            hopeless = "running" in phases or (twin.phase == "failed" and "failed" not in phases)
            if trouble is not None and hopeless:
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
    code = twin.error.code if twin.error else "parked" if parked else "failed"
    if parked is not None:
        why = twin.error.message if twin.error else parked.message
        return Troubled(
            f"twin {twin.name} is parked, {code}: {why.rstrip('.')}. To begin anew from the scene's initial state: "
            f"`hanzo-twin start {twin.name}`",
            code,
        )
    if twin.phase == "failed":
        why = twin.error.message if twin.error else "no reason was given"
        return Troubled(
            f"twin {twin.name} has failed, {code}: {why.rstrip('.')}. Correct what is wrong with "
            f"`hanzo-twin update {twin.name}` and start it again with `hanzo-twin start {twin.name}`",
            code,
        )
    return None
