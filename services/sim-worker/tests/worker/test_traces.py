"""A traced command: from the journal to the engine step in which it acts, and on with the prediction."""

import json

from sim_worker_support.world import until

from twin_common import telemetry
from twin_common.settings.services import Telemetry
from twin_schemas import codec
from twin_schemas.records import JointCommand, JointMode, JointTarget, PredictionFrame

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


async def test_the_prediction_of_the_frame_in_which_a_traced_command_acts_carries_the_engine_steps_context(
    world, tmp_path
):
    tracing = telemetry.start(Telemetry(exporter="file", file=str(tmp_path / "spans")), "sim-worker")
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(2))
    command = JointCommand(journal.epoch, "traced", 0, [JointTarget("/Rail", JointMode.EFFORT, 1.0)])
    journal.commands_offset = 0
    await world.producer.send(
        world.topics.journal,
        value=codec.encode(command),
        key=spec.twin.encode(),
        partition=spec.partition,
        headers=(("traceparent", TRACE.encode()),),
    )
    acting = await journal.frames(1)
    await world.folded(spec, await journal.frames(2))
    tracing.close()

    traced = [
        (codec.decode(r.value).offset, r.header("traceparent"))
        for r in await world.read(world.topics.predictions)
        if isinstance(codec.decode(r.value), PredictionFrame) and r.header("traceparent")
    ]
    (span,) = [json.loads(line) for line in (tmp_path / "spans").read_text().splitlines()]
    assert (span["name"], span["parent_id"], span["attributes"]["tick"]) == ("engine step", "b" * 16, 2)
    assert traced == [(acting, f"00-{'a' * 32}-{span['span_id']}-01".encode())]
    assert await until(lambda: world.status(spec))
