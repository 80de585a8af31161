"""Restarting a stack's services one process at a time, so that the twins notice nothing.

A process that is told to stop hands its partitions to another one of its service, and has its share again when it is
back. The only one of its service gets another beside it for as long as that takes.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hanzo_twin.stack import control
from hanzo_twin.stack.errors import PartUnknown, StackError, StackNotRunning
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.plan import Plan, read_plan
from hanzo_twin.stack.processes import stop
from hanzo_twin.stack.services import SERVICES, Service
from hanzo_twin.stack.state import Phase, read_state

ORDER = ("scene-manager", "api-gateway", "sim-worker", "sync-engine", "archivist")
"""Those that read before those that write: a new build reads what an old one writes, not the other way round."""

_NOTICE_S = 15.0


@dataclass(frozen=True, slots=True)
class Restarted:
    """A process that was replaced by a new one.

    Attributes:
        name: of the process.
        seconds: from the request to stop until the new one answered.
    """

    name: str
    seconds: float


def restart(
    home: Home, wanted: Iterable[str] = (), watch: Callable[[Restarted], None] = lambda _each: None
) -> list[Restarted]:
    """Restart services, one process after the other; returns when the last one answers.

    Args:
        home: the stack's folder.
        wanted: services, in any order; all of them when empty.
        watch: told of each process at once.

    Raises:
        StackNotRunning: no stack runs there.
        PartUnknown: the stack runs no service of that name.
        StackError: a process didn't come back.
    """
    state = read_state(home)
    if state is None or not state.running():
        raise StackNotRunning(f"no stack runs in {home.root}; start it with: hanzo-twin dev up")
    plan, names = read_plan(home), set(wanted)
    running = {name for name, count in plan.services.items() if count}
    for name in names - running:
        raise PartUnknown(name, tuple(sorted(running)))
    known = {service.name: service for service in SERVICES}
    done: list[Restarted] = []
    for name in sorted(names or running, key=_place):
        done += _restart(home, plan, known[name], watch)
    return done


def _place(service: str) -> int:
    return ORDER.index(service) if service in ORDER else len(ORDER)


def _restart(home: Home, plan: Plan, service: Service, watch: Callable[[Restarted], None]) -> list[Restarted]:
    count = plan.services[service.name]
    beside = plan if count > 1 else _with(plan, service, count + 1)
    done: list[Restarted] = []
    try:
        control.up(home, beside)
        for index in range(count):
            name = service.instance(index)
            began = time.monotonic()
            _stop(home, name)
            control.up(home, beside)
            done.append(Restarted(name, time.monotonic() - began))
            watch(done[-1])
    finally:
        control.up(home, plan)
    return done


def _with(plan: Plan, service: Service, count: int) -> Plan:
    return plan.model_copy(update={"services": plan.services | {service.name: count}})


def _stop(home: Home, name: str) -> None:
    """End a process in order, and wait until the supervisor knows; only then does it start another."""
    state = read_state(home)
    part = state.part(name) if state is not None else None
    if part is None or part.process is None:
        return
    stop(part.process, within_s=part.stop_within_s, number=signal.Signals(part.stop_signal))
    deadline = time.monotonic() + _NOTICE_S
    while (state := read_state(home)) is not None and (part := state.part(name)) is not None:
        if part.phase is Phase.FAILED:
            return
        if time.monotonic() > deadline:
            raise StackError(f"the supervisor hasn't noticed the end of {name} within {_NOTICE_S:g} s")
        time.sleep(0.02)
