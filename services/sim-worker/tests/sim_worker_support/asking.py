"""Asks running twins, as the gateway does."""

from dataclasses import dataclass

from sim_worker_support.world import World, until
from twin_common.bus.envelope import Envelope
from twin_schemas import codec
from twin_schemas.record import Record
from twin_schemas.records import GetState, TwinSpec

PARTITION = 2


@dataclass
class Asker:
    world: World
    token: str | None = None

    async def ask(self, spec: TwinSpec, **envelope: object) -> Envelope:
        values = {"org": spec.org, "token": self.token, "actor": "tester", "reply_to": PARTITION, **envelope}
        asked = Envelope.new(type="GetState", source="test", org="local")
        asked = Envelope(
            **{  # type: ignore[arg-type]
                **{name: getattr(asked, name) for name in ("id", "type", "source", "time_ns")},
                "correlation_id": "request-1",
                **values,
            }
        )
        await self.world.producer.send(
            self.world.topics.requests,
            value=codec.encode(GetState(spec.twin)),
            key=spec.twin.encode(),
            partition=spec.partition,
            headers=asked.headers(),
        )
        return asked

    async def answers(self, asked: Envelope) -> list[Record]:
        found = []
        for record in await self.world.read(self.world.topics.replies, PARTITION):
            envelope = Envelope.parse(record.headers)
            if envelope.causation_id == asked.id:
                assert (envelope.correlation_id, envelope.token) == ("request-1", None)
                assert record.key == b"request-1"
                found.append(codec.decode(record.value or b""))
        return found

    async def answer(self, spec: TwinSpec, **envelope: object) -> Record:
        asked = await self.ask(spec, **envelope)
        return (await until(lambda: self.answers(asked)))[0]
