"""A command that can't be handled waits as a dead letter until its cause is mended, and has its effect once."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from platform_support.line import Line
from platform_support.other_ids import registry_that_renumbers
from platform_support.running import PREFIX, Platform, definition

from hanzo_twin.stack import EmbeddedStack
from twin_schemas import codec
from twin_schemas.records import ControlAccepted, CreateTwin, StopTwin, TwinPhaseChanged, TwinSpec

PROGRAMS = Path(sys.executable).parent
TWIN = "driven"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Platform]:
    """A platform without a control plane."""
    with EmbeddedStack(tmp_path, services={"api-gateway": 1}) as stack:
        running = Platform(stack)
        yield running
        running.close()


@contextmanager
def scene_manager(door: Platform, **variables: str) -> Iterator[None]:
    """The control plane, ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = environ(door, HANZO_TWIN_METRICS_PORT=str(port), **variables)
    process = subprocess.Popen([PROGRAMS / "scene-manager"], env=environment)
    try:
        door.until(lambda: process.poll() is not None or ready(port))
        assert process.poll() is None
        yield
    finally:
        process.terminate()
        process.wait(20)


def ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ready").status_code == 200
    except httpx.TransportError:
        return False


def environ(door: Platform, **variables: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("HANZO_TWIN_")}
    return own | door.connection.environment() | variables


def dlq(door: Platform, *arguments: str) -> Any:
    """`hanzo-twin dlq …`, as JSON."""
    command = [PROGRAMS / "hanzo-twin", "dlq", *arguments, "--json"]
    done = subprocess.run(command, env=environ(door), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def letters(door: Platform, org: str = "local") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = door.call("GET", "/v1/dead-letters", org=org).json()["items"]
    return found


def test_a_command_that_was_not_understood_is_sent_again_and_has_its_effect_once(door: Platform) -> None:
    line = Line(door)
    try:
        with (
            registry_that_renumbers("CreateTwin") as url,
            scene_manager(door, HANZO_TWIN_STREAM_REGISTRY_URL=url),
        ):
            door.scene()
            wish = CreateTwin(definition(TWIN), scene="pendulum", reason="by hand")
            sent = line.send("control.commands", wish, key=TWIN, token=door.token())
            (letter,) = door.until(lambda: letters(door))
        shown_to_its_organization_only(door, letter, wish)
        with scene_manager(door):
            for _ in range(2):
                assert dlq(door, "redrive", letter["id"])["topic"] == f"{PREFIX}.control.commands"
            twin = door.until(lambda: door.twin(TWIN), lambda twin: twin.get("phase") == "created")
            # what comes behind both is answered: so both were handled
            line.ask("control.commands", StopTwin(twin["id"]), key=TWIN, token=door.token())
        specs = [record for _, record in door.records("twin.specs") if isinstance(record, TwinSpec)]
        assert [(spec.name, spec.revision) for spec in specs] == [(TWIN, 1)]
        said = answers(door, sent)
        assert sum(isinstance(event, TwinPhaseChanged) for event in said) == 1
        rest = [event for event in said if not isinstance(event, TwinPhaseChanged)]
        assert {(type(event), event.id) for event in rest} == {(ControlAccepted, twin["id"])}
        assert (twin["revision"], twin["reason"]) == (1, "by hand")
        (now,) = letters(door)
        assert [times["actor"] for times in now["redriven"]] == ["developer"] * 2
    finally:
        line.close()


def shown_to_its_organization_only(door: Platform, letter: dict[str, Any], wish: CreateTwin) -> None:
    assert (letter["code"], letter["type"], letter["service"]) == (
        "unknown_schema",
        "CreateTwin",
        "scene-manager",
    )
    assert [found["id"] for found in dlq(door, "list")["letters"]] == [letter["id"]]
    whole = dlq(door, "show", letter["id"])
    assert whole["decoded"]["definition"] == wish.definition
    assert codec.schema_id(codec.encode(wish)) == whole["schema_id"]
    assert "authorization" not in whole["headers"]
    assert letters(door, "rival") == []
    for method, path in (("GET", ""), ("POST", "/redrive")):
        refused = door.call(method, f"/v1/dead-letters/{letter['id']}{path}", org="rival")
        assert (refused.status_code, refused.json()["code"]) == (404, "dead_letter_not_found")


def answers(door: Platform, command: str) -> list[Any]:
    """Everything that was said because of a command."""
    found = door.records("control.events")
    return [
        record for message, record in found if dict(message.headers())["ce_causationid"] == command.encode()
    ]
