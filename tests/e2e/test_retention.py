"""A journal longer than a broker keeps it: sealed, removed from the broker, read as one, and in the end gone."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Message
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from platform_support.replaying import replay
from platform_support.running import PREFIX, Platform

from hanzo_twin.stack import EmbeddedStack
from sync_engine.handlers.expiry import Expiry
from twin_common.blobs import S3Blobs
from twin_common.bus.kafka import KafkaBus
from twin_common.clock import SystemClock
from twin_schemas import codec
from twin_schemas.jsonform import to_json

JOURNAL = f"{PREFIX}.sim.journal"
SERVICES = {"scene-manager": 1, "sync-engine": 1, "archivist": 1, "sim-worker": 1, "api-gateway": 1}
VARIABLES = {
    "HANZO_TWIN_RETENTION_SEAL_AFTER_S": "1",
    "HANZO_TWIN_RETENTION_KEYFRAME_S": "1",
    "HANZO_TWIN_RETENTION_SEALED_DAYS": "0.00001",
}
RUN_S = 6
KEPT_MS = 25_000
KEPT_BYTES = 80_000
BUSY, CALM = "busy", "calm"
RATES_HZ = {BUSY: 90, CALM: 1}
Items = list[dict[str, Any]]


def bound(platform: Platform) -> None:
    """Let the broker keep of the journals what is written within seconds: settings count in hours and MiB."""
    wanted = {"segment.ms": 1000, "retention.ms": KEPT_MS, "retention.bytes": KEPT_BYTES}
    entries = [
        ConfigEntry(key, str(value), incremental_operation=AlterConfigOpType.SET)
        for key, value in wanted.items()
    ]
    topic = ConfigResource(ResourceType.TOPIC, JOURNAL, incremental_configs=entries)
    admin = AdminClient({"bootstrap.servers": platform.brokers})
    (done,) = admin.incremental_alter_configs([topic]).values()
    done.result()


def partitions(platform: Platform) -> dict[str, int]:
    return {name: platform.twin(name)["placement"]["partition"] for name in RATES_HZ}


def on_broker(platform: Platform) -> dict[str, list[Message]]:
    """What the broker has of each journal, read by a stock consumer."""
    messages = platform.raw("sim.journal")
    return {
        name: [message for message in messages if message.partition() == number]
        for name, number in partitions(platform).items()
    }


def page(platform: Platform, name: str, **asked: Any) -> httpx.Response:
    return platform.call("GET", f"/v1/twins/{name}/journal", params={"limit": 500, **asked})


def read(platform: Platform, name: str, start: int = 0) -> Items:
    """A journal from an offset on, page by page."""
    items: Items = []
    asked: dict[str, Any] = {"from": start}
    while asked:
        answer = page(platform, name, **asked)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        following = answer.json()["next_cursor"]
        asked = {"cursor": following} if following is not None else {}
    return items


def whole(items: Items, first: int) -> bool:
    """Whether every offset is there from the first one on, and readable."""
    offsets = [item["offset"] for item in items]
    steps = {after - before for before, after in pairwise(offsets)}
    return offsets[0] == first and steps == {1} and all(item["error"] is None for item in items)


def as_shown(messages: list[Message]) -> Mapping[int, Any]:
    """By offset, the records of messages as the API shows them."""
    return {
        message.offset() or 0: json.loads(json.dumps(to_json(codec.decode(message.value() or b""))))
        for message in messages
    }


def largest_size(items: Items) -> int:
    """Of what the broker had of a journal: as JSON a record is longer than on the broker, with all that it adds."""
    return sum(len(json.dumps(item)) for item in items)


def expire(platform: Platform) -> int:
    """Sweep as the archivist does every ten minutes; returns how much was deleted."""
    settings = platform.connection.settings(VARIABLES)
    expiry = Expiry(
        KafkaBus(settings.stream),
        settings.stream.topic_prefix,
        S3Blobs(settings.storage, settings.storage.buckets.checkpoints),
        settings.retention.sealed_days,
        SystemClock(),
    )
    return asyncio.run(expiry.sweep(set(partitions(platform).values())))


def begins(platform: Platform) -> dict[str, int]:
    """The first offset of each journal that the broker has."""
    return {name: platform.offsets("sim.journal", number)[0] for name, number in partitions(platform).items()}


def age_ms(item: Mapping[str, Any], now_s: float) -> float:
    """For how long a record that the API shows was in its journal."""
    return (now_s - datetime.fromisoformat(item["at"]).timestamp()) * 1000


@pytest.mark.timeout(240)
def test_a_journal_is_read_on_where_the_broker_has_removed_it_until_it_is_gone_there_as_well(
    tmp_path: Path,
) -> None:
    stack = EmbeddedStack(tmp_path / "stack", services=SERVICES, variables=VARIABLES)
    with stack:
        platform = Platform(stack)
        bound(platform)
        platform.scene()
        for name, rate_hz in RATES_HZ.items():
            platform.begin(name, rate_hz)
        assert len(set(partitions(platform).values())) == len(RATES_HZ)
        platform.until(lambda: platform.twin(CALM)["sim"]["tick"], lambda tick: tick > RUN_S * RATES_HZ[CALM])
        seen = {name: as_shown(messages) for name, messages in on_broker(platform).items()}
        platform.close()

    # a broker looks for what it may remove when it has run for half a minute, and every five minutes then
    with stack:
        platform = Platform(stack)
        bound(platform)  # a start applies the settings again
        first = platform.until(lambda: begins(platform), lambda found: all(found.values()))
        noticed_s = time.time()
        items = {name: read(platform, name) for name in RATES_HZ}
        assert age_ms(items[BUSY][first[BUSY] - 1], noticed_s) < KEPT_MS, "it was removed by its age"
        assert largest_size(items[CALM]) < KEPT_BYTES, "it was removed by its size"
        kept = on_broker(platform)
        for name in RATES_HZ:
            assert whole(items[name], 0)
            shown = {item["offset"]: item["record"] for item in items[name]}
            assert min(seen[name]) == 0
            assert seen[name].items() <= shown.items()
            assert kept[name][0].offset() == first[name]
            both = {offset: each for offset, each in as_shown(kept[name]).items() if offset in shown}
            assert len(both) > RATES_HZ[name]
            assert both.items() <= shown.items()
        code, found = replay(platform, "verify", CALM)
        assert (code, found["equal"]) == (0, True), found
        assert found["predictions"] > first[CALM]

        assert expire(platform) > 0
        for name in RATES_HZ:
            answer = page(platform, name, **{"from": 0})
            assert (answer.status_code, answer.json()["code"]) == (410, "beyond_retention")
            nearest = answer.json()["nearest"]
            assert nearest["offset"] >= first[name] - 1
            assert whole(read(platform, name, nearest["offset"] + 1), nearest["offset"] + 1)
            code, state = replay(platform, "state", name, "--at", str(nearest["offset"]))
            assert (code, state["offset"], state["folded"]) == (0, nearest["offset"], 0), state
            assert (state["digest"], state["tick"]) == (nearest["digest"], nearest["tick"])
        later = nearest["offset"] + 2
        code, state = replay(platform, "state", CALM, "--at", str(later))
        assert (code, state["offset"]) == (0, later), state
        code, refused = replay(platform, "state", CALM, "--at", "0")
        assert (code, refused["error"]["type"]) == (1, "BeyondRetention"), refused
        code, found = replay(platform, "verify", CALM)
        assert (code, found["equal"]) == (0, True), found
        platform.close()
