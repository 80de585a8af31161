"""sim.predictions: back to the physical side and to the public topic (journal rules 6 and 7)."""

from contextlib import suppress
from weakref import WeakValueDictionary

from sync_engine.domain.ports import Journal, Public
from sync_engine.domain.publication import to_json
from sync_engine.handlers.going_on import reach
from sync_engine.handlers.held import HeldTwin
from sync_engine.handlers.partition import Partition
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

    def __init__(
        self, partitions: Partitions, journal: Journal, public: Public, clock: Clock, watch: StallWatch
    ) -> None:
        """Work on what is held."""
        self._partitions, self._journal, self._public = partitions, journal, public
        self._clock, self._watch = clock, watch
        self._publishing: WeakValueDictionary[str, HeldTwin] = WeakValueDictionary()

    async def on_record(self, record: Record) -> None:
        """A prediction came."""
        partition = self._partitions.partition(record.partition)
        if partition is None:
            return
        twin = (record.key or b"").decode(errors="replace")
        held = partition.twins.get(twin)
        if record.value is None or not self._watch.beat():
            return
        if held is None or not held.session.owned:
            self._miss(partition, twin, record.value, record.timestamp_ms * 1_000_000)
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
        if (forged := self._impossible(partition, held, frame)) is not None:
            session.tally.refuse("prediction", forged)
            return
        if not self._watch.in_contact():
            self._hold_back(held, self._watch.answered_ns)
        session.publication.remember_refused(frame, record.timestamp_ms * 1_000_000)
        is_told, is_public = session.publication.tells(frame), session.publication.admits(frame)
        if not (is_told or is_public):
            return
        prediction = session.predicted(frame, self._clock.now_ns())
        if is_told:
            self._tell(held, prediction)
        if not is_public:
            return
        header = record.header("traceparent") if record.headers else None
        if header is None:
            await self._publish(held, prediction, None)
            return
        trace = header.decode(errors="replace")
        with span("publish prediction", parent=trace, attributes={"twin": prediction.twin}) as work:
            await self._publish(held, prediction, work.traceparent)

    @staticmethod
    def _miss(partition: Partition, twin: str, value: bytes, predicted_ns: int) -> None:
        """A prediction of a twin that nobody holds now, and that is taken over again, has to be read once more."""
        publication = partition.publications.get(twin)
        if publication is None or publication.held_back_ns is None:
            return
        with suppress(SchemaError):  # whoever holds it then says what is wrong
            frame = codec.decode(value)
            if isinstance(frame, PredictionFrame):
                publication.remember_refused(frame, predicted_ns)

    def is_meant(self, name: str, since_ns: int) -> bool:
        """Whether predictions of a twin that wait since then, a monotonic time, may still be sent; else they come
        again, if the twin is still ours.
        """
        held = self._publishing.get(name)
        if held is None or not held.session.owned:
            return False
        publication = held.session.publication
        if publication.held_back_ns is not None:
            return False
        if since_ns >= publication.since_ns and self._watch.unbroken_since(since_ns):
            return True
        self._hold_back(held, since_ns)  # what came since goes with it
        return False

    def hold_back(self, silent_since_ns: int) -> None:
        """Brokers answer again after a silence: others may have taken over, and published what waits here."""
        for held in self._partitions.all_twins():
            if held.session.owned:
                self._hold_back(held, silent_since_ns)

    def _hold_back(self, held: HeldTwin, since_ns: int) -> None:
        """What was predicted since then, a monotonic time, may not be public, or by somebody else."""
        ago_ns = self._clock.monotonic_ns() - since_ns
        held.session.publication.hold_back(self._clock.now_ns() - ago_ns)
        if not self._watch.in_contact():
            return  # nothing can be looked up before brokers answer, and then everything is
        if (partition := self._partitions.partition(held.partition)) is not None:
            partition.look_up(held)

    @staticmethod
    def _tell(held: HeldTwin, prediction: TwinPrediction) -> None:
        """Tell the physical side, whoever else may have: it waits for nobody's word."""
        if not held.outlets:
            return
        payload = to_json(prediction)
        for outlet in held.outlets:
            dropped = outlet.publish(payload)
            if dropped is not None:
                held.session.tally.refuse(
                    f"publish_{dropped}", f"tick {prediction.tick} was not sent: {dropped}"
                )

    async def _publish(self, held: HeldTwin, prediction: TwinPrediction, trace: str | None) -> None:
        session = held.session
        self._publishing[prediction.name] = held
        dropped = await self._public.prediction(prediction, trace)
        if dropped is not None:
            session.tally.refuse(
                f"publish_{dropped}", f"tick {prediction.tick} is not on the public topic: {dropped}"
            )
        session.published(prediction, self._clock.now_ns())

    def _impossible(self, partition: Partition, held: HeldTwin, frame: PredictionFrame) -> str | None:
        """Why a prediction can't be of what is in our journal; None: it can."""
        if frame.epoch > held.session.epoch.counter:
            partition.doubt(held.session.spec.twin, self._clock.monotonic_ns())
            return f"it is of epoch {frame.epoch}, ours is {held.session.epoch.counter}"
        if frame.offset >= (end := reach(partition, self._journal)):
            return f"it is of journal offset {frame.offset}, and the journal can't end behind {end}"
        return None
