"""What the sync engine counts, as metrics, and what it reports of each twin, once a second."""

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from typing import Final

from sync_engine.domain.ports import Public
from sync_engine.domain.report import status_of
from sync_engine.domain.session import TwinSession
from sync_engine.domain.tally import Tally
from sync_engine.handlers.partitions import Partitions
from twin_common import metrics_table as m
from twin_common.clock import NS_PER_S, Clock
from twin_common.health import Health
from twin_common.metrics import Metrics
from twin_schemas.records import SyncStatus

_EVERY_NS: Final = NS_PER_S
_STEP_S: Final = 0.1
_PREFIX: Final = "refused."
_OF_SOURCES: Final = (
    (m.SOURCE_DROPPED, "dropped"),
    (m.SOURCE_REPEATED, "readings_repeated"),
    (m.SOURCE_LINK_LOST, "link_lost"),
)


class Telemetry:
    """Counts nothing on the hot path: everything is taken from the sessions' tallies and accounts each second."""

    def __init__(self, metrics: Metrics) -> None:
        """Count into a process's metrics."""
        self._metrics = metrics
        self._told: dict[str, tuple[Tally, Counter[str], str]] = {}

    def innovation(self, status: SyncStatus) -> None:
        """How far measurements were from predictions since the last report."""
        for channel, rms in status.innovation_rms.items():
            self._metrics.set(m.INNOVATION, rms, twin=status.name, channel=channel)

    def keep(self, twins: Set[str]) -> None:
        """Only these twins are held; the series of the others go."""
        for twin in self._told.keys() - twins:
            self._metrics.forget(twin=self._told.pop(twin)[2])

    def report(self, session: TwinSession) -> None:
        """Bring the metrics of a twin up to its tally."""
        name, counts = session.spec.name, session.tally.counts
        now = Counter(counts)
        now["overruns"] = session.account.overruns
        tally, before, _ = self._told.get(session.spec.twin, (session.tally, Counter[str](), name))
        grown = now - before if tally is session.tally else now  # else another session of the twin began
        self._told[session.spec.twin] = (session.tally, now, name)
        for key, by in grown.items():
            if key.startswith(_PREFIX):
                self._metrics.count(m.SYNC_REFUSED, by, twin=name, reason=key.removeprefix(_PREFIX))
        if grown["discarded"]:
            self._metrics.count(m.SYNC_REFUSED, grown["discarded"], twin=name, reason="discarded")
        gaps = grown["gaps"]
        for kind, by in (("gap", gaps), ("regular", grown["frames"] - gaps)):
            if by:
                self._metrics.count(m.SYNC_FRAMES, by, twin=name, kind=kind)
        if grown["overruns"]:
            self._metrics.count(m.SYNC_OVER_BUDGET, grown["overruns"], twin=name)
        for direction, key in (("in", "messages"), ("out", "predictions")):
            if grown[key]:
                self._metrics.count(m.SYNC_MESSAGES, grown[key], twin=name, direction=direction)
        self._metrics.observe_all(m.SYNC_LATENCY, _seconds(session.account.latencies), twin=name)
        self._metrics.observe_all(m.FRAME_WAIT, _seconds(session.account.take_waits()), twin=name)
        for intake in session.intakes:
            self._metrics.set(m.SOURCE_CONNECTED, intake.connected, twin=name, source=intake.name)
            for metric, key in _OF_SOURCES:
                if by := grown[f"{key}.{intake.name}"]:
                    self._metrics.count(metric, by, twin=name, source=intake.name)


def _seconds(times_ns: Iterable[int]) -> Iterator[float]:
    return (time_ns / NS_PER_S for time_ns in times_ns)


async def report_statuses(
    partitions: Partitions, public: Public, telemetry: Telemetry, engine: str, clock: Clock, health: Health
) -> None:
    """Publish the status of every twin held once a second, a few at a time, for ever."""
    due: dict[str, int] = {}
    while True:
        health.progress("statuses")
        now_ns = clock.now_ns()
        held = partitions.all_twins()
        known = {one.session.spec.twin for one in held}
        due = {twin: at for twin, at in due.items() if twin in known}
        telemetry.keep(known)
        for index, one in enumerate(held):
            twin = one.session.spec.twin
            if due.setdefault(twin, now_ns + index % 10 * _EVERY_NS // 10) <= now_ns:
                due[twin] += _EVERY_NS if due[twin] + _EVERY_NS > now_ns else now_ns - due[twin] + _EVERY_NS
                if partitions.twin(one.partition, twin) is not one:
                    continue  # gone, or taken over anew, while the others were reported
                telemetry.report(one.session)
                status = status_of(one.session, engine, now_ns)
                telemetry.innovation(status)
                await public.status(status)
        await clock.sleep(_STEP_S)
