"""sim.predictions: back to the physical side and to the public topic (journal rules 6 and 7)."""

from sync_engine.domain.ports import Public
from sync_engine.domain.publication import to_json
from sync_engine.handlers.held import HeldTwin
from sync_engine.handlers.partitions import Partitions
from sync_engine.handlers.watch import StallWatch
from twin_common.bus.types import Record
from twin_common.clock import Clock
from twin_common.telemetry import span
from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_schemas.records import PredictionFrame, TwinPrediction


class Predictions:
    """Publishes each prediction once, while the twin's journal is ours."""

    def __init__(self, partitions: Partitions, public: Public, clock: Clock, watch: StallWatch) -> None:
        """Work on what is held."""
        self._partitions, self._public, self._clock, self._watch = partitions, public, clock, watch
        self._fenced_by: dict[str, int] = {}

    async def on_record(self, record: Record) -> None:
        """A prediction came."""
        held = self._partitions.twin(record.partition, (record.key or b"").decode(errors="replace"))
        if held is None or not held.session.owned or record.value is None or not self._watch.beat():
            return
        session = held.session
        try:
            frame = codec.decode(record.value)
        except SchemaError as error:
            session.tally.refuse("prediction", f"sim.predictions offset {record.offset}: {error}")
            return
        if not isinstance(frame, PredictionFrame):
            session.tally.refuse("prediction", f"sim.predictions holds a {type(frame).__name__}")
            return
        if frame.epoch > session.epoch.counter:
            self._doubt(held, frame)
            return
        prediction = session.predicted(frame, self._clock.now_ns())
        if prediction is None:
            return
        header = record.header("traceparent") if record.headers else None
        if header is None:
            await self._publish(held, prediction, None)
            return
        trace = header.decode(errors="replace")
        with span("publish prediction", parent=trace, attributes={"twin": prediction.twin}) as work:
            await self._publish(held, prediction, work.traceparent)

    async def _publish(self, held: HeldTwin, prediction: TwinPrediction, trace: str | None) -> None:
        session = held.session
        if held.outlets:
            payload = to_json(prediction)
            for outlet in held.outlets:
                dropped = outlet.publish(payload)
                if dropped is not None:
                    session.tally.refuse(
                        f"publish_{dropped}", f"tick {prediction.tick} was not sent: {dropped}"
                    )
        dropped = await self._public.prediction(prediction, trace)
        if dropped is not None:
            session.tally.refuse(
                f"publish_{dropped}", f"tick {prediction.tick} is not on the public topic: {dropped}"
            )
        session.published(prediction, self._clock.now_ns())

    def _doubt(self, held: HeldTwin, frame: PredictionFrame) -> None:
        """A prediction is of a later epoch than ours.

        The journal is read again, once: an epoch that it doesn't have is the prediction's own invention.
        """
        session = held.session
        if frame.epoch > self._fenced_by.get(session.spec.twin, 0):
            self._fenced_by[session.spec.twin] = frame.epoch
            self._partitions.fence(held, f"a prediction is of epoch {frame.epoch}")
        else:
            session.tally.refuse(
                "prediction", f"it is of epoch {frame.epoch}, which the journal doesn't have"
            )
