"""A file becomes a twin once; again it is attached to, or what differs is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from hanzo_twin.client import Client, Conflict
from hanzo_twin.errors import TwinDiffers
from hanzo_twin.twinfile import Given, bring, read
from twin_common.definition import parse_twin

PENDULUM = Path(__file__).parents[4] / "examples" / "pendulum" / "twin.yaml"


class Gateway:
    """Keeps one twin and one scene version."""

    def __init__(self) -> None:
        self.twin: dict[str, Any] | None = None
        self.digest = "d1"
        self.asked: list[str] = []
        self.running = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        target = f"{request.method} {request.url.path}"
        self.asked.append(target)
        if target == "POST /v1/scenes":
            request.read()
            return httpx.Response(201, json={"name": "pendulum", "version": 1, "digest": self.digest})
        if target == "POST /v1/twins":
            kept = json.loads(parse_twin(request.content.decode()).canonical_json())
            self.twin = {
                "id": "t1", "name": "pendulum", "organization": "acme", "revision": 1, "phase": "created",
                "definition": kept, "scene": {"name": "pendulum", "version": 1, "digest": self.digest},
            }  # fmt: skip
            return httpx.Response(201, json=self.twin)
        if self.twin is None:
            return httpx.Response(404, json={"status": 404, "code": "twin_not_found"})
        if target == "POST /v1/twins/t1/start":
            if self.running:
                return httpx.Response(409, json={"status": 409, "code": "already_running"})
            self.twin |= {"desired": "running", "phase": "starting"}
        return httpx.Response(200, json=self.twin)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def client(gateway: Gateway) -> Client:
    return Client("http://api.test", transport=httpx.MockTransport(gateway))


@pytest.fixture
def given() -> Given:
    return read(PENDULUM, {})


def test_a_new_twin_gets_its_scene_is_created_and_started(
    client: Client, gateway: Gateway, given: Given
) -> None:
    brought = client.run(bring(given, start=True, attach=True))
    assert gateway.asked == [
        "GET /v1/twins/pendulum",
        "POST /v1/scenes",
        "POST /v1/twins",
        "POST /v1/twins/t1/start",
    ]
    assert (brought.attached, brought.twin.desired) == (False, "running")


def test_the_same_file_again_attaches(client: Client, gateway: Gateway, given: Given) -> None:
    client.run(bring(given, start=True, attach=True))
    gateway.asked.clear()
    assert client.run(bring(given, start=True, attach=True)).attached
    assert "POST /v1/twins" not in gateway.asked
    assert "POST /v1/twins/t1/start" not in gateway.asked


def test_another_definition_is_refused_before_its_scene_is_uploaded(
    client: Client, gateway: Gateway, given: Given, tmp_path: Path
) -> None:
    client.run(bring(given, attach=True))
    gateway.asked.clear()
    (tmp_path / "scene.usda").write_bytes((PENDULUM.parent / "scene.usda").read_bytes())
    (tmp_path / "twin.yaml").write_text(PENDULUM.read_text().replace("rate_hz: 30", "rate_hz: 15"))
    with pytest.raises(TwinDiffers, match=r"and sync differ from it.*hanzo-twin delete pendulum"):
        client.run(bring(read(tmp_path / "twin.yaml", {}), attach=True))
    assert gateway.asked == ["GET /v1/twins/pendulum"]


def test_another_scene_is_refused(client: Client, gateway: Gateway, given: Given) -> None:
    client.run(bring(given, attach=True))
    gateway.digest = "d2"
    with pytest.raises(TwinDiffers, match="the scene file differ"):
        client.run(bring(given, attach=True))


def test_who_started_it_meanwhile_is_no_obstacle(client: Client, gateway: Gateway, given: Given) -> None:
    client.run(bring(given))
    gateway.running = True
    assert client.run(bring(given, start=True, attach=True)).attached


def test_creating_a_twin_that_is_there_is_for_the_api_to_refuse(given: Given) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/scenes":
            return httpx.Response(200, json={"name": "pendulum", "version": 1})
        return httpx.Response(409, json={"status": 409, "code": "name_unavailable"})

    client = Client("http://api.test", transport=httpx.MockTransport(refuse))
    with pytest.raises(Conflict, match="name_unavailable"):
        client.run(bring(given))
