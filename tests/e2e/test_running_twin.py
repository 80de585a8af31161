"""A running twin from outside: its state, commands, predictions, a change of its definition, and its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import httpx_sse
import pytest
import websockets
from confluent_kafka.admin import AdminClient
from platform_support.running import PREFIX, Platform

from hanzo_twin.bus import open_twins
from hanzo_twin.replay import Report, verify
from hanzo_twin.replay.source import gather
from twin_common.blobs import S3Blobs
from twin_schemas.records import RevisionApplied, TwinGenesis

HINGE = "/World/Pendulum/hinge"


@pytest.fixture
def swing(platform: Platform, request: pytest.FixtureRequest) -> Iterator[str]:
    """A twin that runs; deleted in the end."""
    name = "swing-" + "".join(c for c in request.node.name if c.isalnum())[-24:].lower()
    with platform.running(name, rate_hz=20):
        yield name


def post(platform: Platform, name: str, verb: str, body: Any) -> dict[str, Any]:
    answer = platform.call("POST", f"/v1/twins/{name}/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def journal(platform: Platform, twin: str, kind: type) -> list[Any]:
    return [
        record
        for message, record in platform.records("sim.journal")
        if message.key() == twin.encode() and isinstance(record, kind)
    ]


def test_commands_act_and_the_state_shows_it(platform: Platform, swing: str) -> None:
    at = f"{HINGE}.position"
    reset = post(platform, swing, "reset", {"to_initial": True, "values": {at: [0.75]}})
    assert reset["status"] == "applied"
    pushed = post(platform, swing, "joint-command", {"targets": {HINGE: {"mode": "effort", "value": 0.2}}})
    assert pushed["tick"] >= reset["tick"]
    state = platform.call("GET", f"/v1/twins/{swing}/state").json()
    assert state["tick"] >= pushed["tick"]
    assert set(state["values"]) == {at, f"{HINGE}.velocity"}
    wrong = platform.call(
        "POST",
        f"/v1/twins/{swing}/joint-command",
        json={"targets": {"/Nowhere": {"mode": "effort", "value": 1}}},
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_joint_command")
    slower = post(platform, swing, "rate", {"rate_hz": 10, "reason": "test"})
    assert slower["tick"] > pushed["tick"]


def test_predictions_stream_and_resume_on_both_ways(platform: Platform, swing: str) -> None:
    headers = {"Authorization": f"Bearer {platform.token()}"}
    url = f"{platform.connection.api_url}/v1/twins/{swing}/predictions"

    def heard(count: int, **extra: str) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        with (
            httpx.Client(timeout=20) as client,
            httpx_sse.connect_sse(client, "GET", url, headers={**headers, **extra}) as source,
        ):
            for event in source.iter_sse():
                if not event.data:
                    continue  # the id alone with which a stream opens
                assert event.event == "prediction"
                found.append((event.id, json.loads(event.data)["tick"]))
                if len(found) == count:
                    break
        return found

    first = heard(3)
    then = heard(3, **{"Last-Event-ID": first[-1][0]})
    ticks = [tick for _, tick in first + then]
    assert ticks == list(range(ticks[0], ticks[0] + 6))
    assert asyncio.run(_by_socket(url, headers, first[0][0])) == first


async def _by_socket(url: str, headers: dict[str, str], start: str) -> list[tuple[str, int]]:
    address = f"{url.replace('http', 'ws', 1)}/ws?from={start}"
    async with websockets.connect(address, additional_headers=headers) as socket:
        messages = [json.loads(await asyncio.wait_for(socket.recv(), 20)) for _ in range(4)]
    assert messages.pop(0) == {"event": "open", "id": str(int(start) - 1)}
    return [(message["id"], message["tick"]) for message in messages]


def test_a_running_twin_takes_a_change_without_a_restart(platform: Platform, swing: str) -> None:
    before = platform.twin(swing)
    patch = {"tags": ["changed"], "sync": {"assimilation": {"mode": "none"}, "latency_budget_ms": 20}}
    answer = platform.call("PATCH", f"/v1/twins/{swing}", json=patch)
    assert answer.status_code == 200, answer.text
    assert answer.json()["restart_needed"] == []
    revision = answer.json()["revision"]
    assert revision > before["revision"]
    after = platform.until(
        lambda: platform.twin(swing), lambda twin: twin["sim"]["revision"] == revision, seconds=20
    )
    assert after["phase"] == "running"
    assert after["sim"]["incarnation"] == before["sim"]["incarnation"]
    applied = journal(platform, before["id"], RevisionApplied)
    assert [record.revision for record in applied] == [revision]
    assert applied[0].config.assimilation.value == "none"
    assert len(journal(platform, before["id"], TwinGenesis)) == 1
    report = asyncio.run(_verified(platform, swing))
    assert report.differences == ()
    assert report.checkpoints > 0


async def _verified(platform: Platform, name: str) -> Report:
    """The journal folded again, apart from every worker."""
    settings = platform.connection.settings()
    scenes, checkpoints = (
        S3Blobs(settings.storage, bucket)
        for bucket in (settings.storage.buckets.scenes, settings.storage.buckets.checkpoints)
    )
    async with await open_twins(settings, token=platform.token()) as twins:
        evidence = await gather(twins, await twins.find(name), scenes, checkpoints)
    return verify(
        evidence.journal,
        evidence.predictions,
        evidence.checkpoints,
        evidence.open_twin,
        evidence.unreadable,
    )


def test_what_needs_a_restart_acts_after_one(platform: Platform, swing: str) -> None:
    before = platform.twin(swing)
    answer = platform.call("PATCH", f"/v1/twins/{swing}", json={"engine": {"config": {"step_hz": 240}}})
    assert answer.status_code == 200, answer.text
    assert answer.json()["restart_needed"]
    assert platform.call("GET", f"/v1/twins/{swing}/state").json()["incarnation"] == 1
    assert platform.call("POST", f"/v1/twins/{swing}/stop").status_code == 200
    platform.until(lambda: platform.twin(swing), lambda twin: twin["phase"] == "stopped")
    assert platform.call("POST", f"/v1/twins/{swing}/start").status_code == 200
    after = platform.until(
        lambda: platform.twin(swing),
        lambda twin: twin["phase"] == "running" and twin["sim"]["incarnation"] == 2,
    )
    assert after["restart_needed"] == []
    (_, second) = journal(platform, before["id"], TwinGenesis)
    assert second.fold.step_hz == 240


def test_a_deleted_twin_leaves_nothing_behind(platform: Platform, swing: str) -> None:
    twin = platform.twin(swing)["id"]
    platform.until(lambda: platform.twin(swing)["sim"]["checkpoint_offset"], lambda offset: offset > 0)
    assert platform.call("DELETE", f"/v1/twins/{swing}").status_code == 204
    assert platform.call("GET", f"/v1/twins/{swing}").status_code == 404

    def left() -> dict[str, bytes | None]:
        newest: dict[str, bytes | None] = {}
        for topic in ("twin.specs", "twin.status", "sim.checkpoints"):
            for message in platform.raw(topic):
                key = (message.key() or b"").decode()
                if key.startswith(twin):
                    newest[f"{topic} {key}"] = message.value()
        return {key: value for key, value in newest.items() if value is not None}

    platform.until(left, lambda found: not found, seconds=30)
    admin = AdminClient({"bootstrap.servers": platform.brokers})
    platform.until(
        lambda: f"{PREFIX}.{swing}" in admin.list_topics(timeout=10).topics,
        lambda there: not there,
        seconds=30,
    )


def test_whoever_watches_a_twin_hears_of_its_end(platform: Platform, swing: str) -> None:
    headers = {"Authorization": f"Bearer {platform.token()}"}
    url = f"{platform.connection.api_url}/v1/twins/{swing}/predictions"
    with (
        httpx.Client(timeout=30) as client,
        httpx_sse.connect_sse(client, "GET", url, headers=headers) as source,
    ):
        events = (event for event in source.iter_sse() if event.data)
        assert next(events).event == "prediction"
        assert platform.call("DELETE", f"/v1/twins/{swing}").status_code == 204
        last = [event for event in events if event.event != "prediction"]
    assert [(event.event, json.loads(event.data)) for event in last] == [("end", {"reason": "deleted"})]
