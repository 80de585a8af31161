"""Answers under an id that somebody else could compute."""

import asyncio
from dataclasses import replace

import pytest

from twin_schemas.codec import encode
from twin_schemas.records import ControlAccepted, ControlRefused

KEY = {"idempotency-key": "k-1"}
FORGED = [
    ("acme", None, ControlRefused("CreateTwin", "unauthenticated", "no token")),
    ("acme", "bob", ControlAccepted("CreateTwin", "other", "other", 1)),
    ("acme", "bob", ControlRefused("CreateTwin", "forbidden", "not you")),
    ("acme", "ann", ControlRefused("CreateTwin", "idempotency_conflict", "another request")),
    ("rival", "ann", ControlAccepted("CreateTwin", "other", "other", 1)),
]


@pytest.mark.parametrize(("org", "actor", "record"), FORGED)
async def test_they_are_passed_over_and_the_own_one_is_waited_for(bed, org, actor, record):
    bed.owner.silent = True
    asked = asyncio.ensure_future(bed.create("arm", headers=KEY))
    await bed.until(lambda: bed.owner.commands)
    envelope, command = bed.owner.commands[0]
    said = replace(
        envelope.caused(type=type(record).__name__, source="scene-manager"),
        org=org,
        actor=actor,
        correlation_id="another",
    )
    for topic, partition in (("bus.replies", envelope.reply_to), ("control.events", None)):
        await bed.owner.producer.send(
            bed.owner.name(topic), key=b"k", value=encode(record), headers=said.headers(), partition=partition
        )
    await bed.owner.answer(envelope, command)
    assert (await asked).status_code == 201
    seen = (await bed.get(f"/v1/commands/{envelope.id}")).json()
    assert (seen["status"], seen["name"]) == ("accepted", "arm")
