"""Avro records on each topic: the bytes, and records of the right schema whose values make no sense."""

from __future__ import annotations

import copy
import io
import random
import struct
from collections.abc import Callable

from fastavro import parse_schema, schemaless_writer

from fuzzing.refusal import Refusal
from fuzzing.target import ACCEPTED
from fuzzing.targets.avro import Change
from fuzzing.targets.consumers import CONSUMERS
from twin_schemas import codec, examples, releases
from twin_schemas.catalogue import PUBLIC, public_topic, topic
from twin_schemas.errors import SchemaError
from twin_schemas.layout import layout
from twin_schemas.record import Record


class Records:
    """What a foreign producer may write to one topic."""

    per_process = 1_000_000
    contained = False
    watched = (
        "twin_schemas/",
        "sync_engine/",
        "sim_worker/",
        "api_gateway/",
        "scene_manager/",
        "hanzo_twin/",
        "twin_common/archive",
        "twin_common/definition",
        "twin_sim/fold",
        "twin_sim/journal",
    )
    words = (
        b"\x00\x00\x00\x00\x01",
        b"\x00\x00\x00\x00\xff",
        b"\x01",
        b"\x00" * 8,
        b"\xff" * 8,
        b"hanzo.twin.",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        place = name.removeprefix("avro.")
        self._types = (public_topic("arm") if place == PUBLIC else topic(place)).types
        self._consume: Callable[[Record], None] = CONSUMERS[place]()
        newest = releases.latest(releases.load(layout().ids))
        self._schemas = {kind: releases.schema_of(layout(), newest[kind]) for kind in self._types}
        self._writers = {kind: parse_schema(copy.deepcopy(schema)) for kind, schema in self._schemas.items()}
        self._frames = {kind: struct.pack(">bI", 0, newest[kind].id) for kind in self._types}
        self._data = {
            kind: [example.to_avro() for example in examples.load(kind).values()] for kind in self._types
        }

    def seeds(self) -> list[bytes]:
        return [codec.encode(example) for kind in self._types for example in examples.load(kind).values()]

    def shaped(self, rng: random.Random, seed: bytes) -> bytes:
        """A record of the topic with one to four fields changed, as any Avro writer would write it."""
        kind = rng.choice(self._types)
        datum = copy.deepcopy(rng.choice(self._data[kind]))
        for _ in range(rng.randint(1, 4)):
            datum = Change(rng, self._schemas[kind]).changed(self._schemas[kind], datum)
        out = io.BytesIO(self._frames[kind])
        out.seek(5)
        schemaless_writer(out, self._writers[kind], datum)
        return out.getvalue()

    def run(self, data: bytes) -> str:
        try:
            record = codec.decode(data)
        except SchemaError as error:
            return type(error).__name__
        if type(record).__name__ not in self._types:
            return "unexpected_type"
        try:
            self._consume(record)
        except Refusal as refusal:
            return refusal.code
        return ACCEPTED

    def close(self) -> None: ...


def target(name: str) -> Records:
    """That of one topic."""
    return Records(name)
