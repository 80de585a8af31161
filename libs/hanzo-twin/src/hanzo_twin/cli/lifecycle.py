"""`hanzo-twin start`, `stop` and `delete`."""

from __future__ import annotations

from typing import Annotated

import typer

from hanzo_twin.cli.arguments import AsJson, Profile, Reason, Twin, Wait
from hanzo_twin.cli.outcome import console, emit
from hanzo_twin.cli.reach import api
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
        twin = client.start_twin(name, reason=reason)
        if wait:
            twin = client.wait_for_phase(twin.id, "running", timeout=timeout)
        _said(twin, "runs" if wait else f"is {twin.phase}", as_json)


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
        twin = client.stop_twin(name, reason=reason)
        if twin.error is not None:
            console().print(f"it was in trouble, {twin.error.code}: {twin.error.message}", soft_wrap=True)
        if wait:
            twin = client.wait_for_phase(twin.id, "stopped", "created", "failed", timeout=timeout)
        _said(twin, f"is {twin.phase}", as_json)


def delete(name: Twin, reason: Reason = None, profile: Profile = None, as_json: AsJson = False) -> None:
    """Take a twin away for good: its definition, its state, its journal and its public stream."""
    with api(profile, as_json=as_json) as client:
        twin = client.get_twin(name)
        client.delete_twin(twin.id, reason=reason)
        _said(twin.model_copy(update={"phase": "deleted"}), "is deleted", as_json)


def _said(twin: TwinModel, done: str, as_json: bool) -> None:
    console().print(f"twin {twin.name} {done}")
    if as_json:
        emit({"twin": twin.id, "name": twin.name, "revision": twin.revision, "phase": twin.phase})
