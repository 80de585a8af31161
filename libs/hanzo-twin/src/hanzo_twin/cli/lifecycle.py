"""`hanzo-twin start`, `stop` and `delete`."""

from __future__ import annotations

from typing import Annotated

import httpx
import typer

from hanzo_twin.cli.arguments import AsJson, Profile, Reason, Twin, Wait
from hanzo_twin.cli.outcome import console, emit
from hanzo_twin.cli.reach import api
from hanzo_twin.client.calls import twins as calls
from hanzo_twin.client.session import Call, one
from hanzo_twin.models import Command
from hanzo_twin.models import Twin as TwinModel

Timeout = Annotated[float, typer.Option(min=0.0, help="Seconds to wait.")]
PATIENCE_S = 60.0


def start(
    name: Twin,
    wait: Wait = True,
    timeout: Timeout = PATIENCE_S,
    reason: Reason = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Start a twin and wait until it runs. Exit code 5: it can't."""
    with api(profile, as_json=as_json) as client:
        if not wait:
            _taken(name, client.run(_at_once(calls.start_twin(name, reason=reason))), as_json)
            return
        twin = client.start_twin(name, reason=reason)
        twin = client.wait_for_phase(twin.id, "running", timeout=timeout)
        _said(twin, "runs", as_json)


def stop(
    name: Twin,
    wait: Wait = True,
    timeout: Timeout = PATIENCE_S,
    reason: Reason = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Stop a twin and wait until it has; its state is kept, and `hanzo-twin start` goes on from it."""
    with api(profile, as_json=as_json) as client:
        if not wait:
            _taken(name, client.run(_at_once(calls.stop_twin(name, reason=reason))), as_json)
            return
        twin = client.stop_twin(name, reason=reason)
        if twin.error is not None:
            console().print(f"it was in trouble, {twin.error.code}: {twin.error.message}", soft_wrap=True)
        twin = client.wait_for_phase(twin.id, "stopped", "created", "failed", timeout=timeout)
        _said(twin, f"is {twin.phase}", as_json)


def delete(name: Twin, reason: Reason = None, profile: Profile = None, as_json: AsJson = False) -> None:
    """Take a twin away for good: its definition, its state, its journal and its public stream."""
    with api(profile, as_json=as_json) as client:
        twin = client.get_twin(name)
        client.delete_twin(twin.id, reason=reason)
        _said(twin.model_copy(update={"phase": "deleted"}), "is deleted", as_json)


def _at_once(call: Call[TwinModel]) -> Call[TwinModel | Command]:
    """The same without waiting for the outcome: the command, when it isn't done yet."""

    def parse(answer: httpx.Response) -> TwinModel | Command:
        return one(Command)(answer) if answer.status_code == 202 else call.parse(answer)

    return Call(call.request, parse, follow=False)


def _taken(name: str, answer: TwinModel | Command, as_json: bool) -> None:
    if isinstance(answer, TwinModel):
        _said(answer, f"is {answer.phase}", as_json)
        return
    console().print(f"twin {name}: accepted, pending (command {answer.id})", soft_wrap=True)
    if as_json:
        emit({"twin": name, "command": answer.id, "status": answer.status})


def _said(twin: TwinModel, done: str, as_json: bool) -> None:
    console().print(f"twin {twin.name} {done}", soft_wrap=True)
    if as_json:
        emit({"twin": twin.id, "name": twin.name, "revision": twin.revision, "phase": twin.phase})
