"""What was written outward and didn't arrive: counted each time, logged once for each outage of a topic."""

import asyncio
from collections.abc import Callable

from twin_common import metrics_table as m
from twin_common.bus.types import RecordPosition
from twin_common.errors import NoLongerMeant
from twin_common.logs import get_logger
from twin_common.metrics import Metrics

_log = get_logger(__name__)


class Outages:
    """Topics on which records are being lost. An outage begins with the first that is, and ends with the next that
    arrives.
    """

    def __init__(self, metrics: Metrics, on_arrival: Callable[[], None]) -> None:
        """Begin with none; call `on_arrival` for each record that arrives."""
        self._metrics, self._on_arrival = metrics, on_arrival
        self._lost: dict[str, int] = {}

    def lose(self, kind: str, topic: str, reason: str, error: BaseException | None = None) -> None:
        """A record of this kind didn't reach its topic."""
        self._metrics.count(m.PUBLIC_LOST, kind=kind, reason=reason)
        if topic not in self._lost:
            why = str(error) if error is not None else None
            _log.warning("records are lost", kind=kind, topic=topic, reason=reason, error=why)
        self._lost[topic] = self._lost.get(topic, 0) + 1

    def settled(self, kind: str, topic: str, posted: asyncio.Future[RecordPosition]) -> None:
        """A record that was handed over has arrived, or hasn't. One that isn't meant any more comes again, from here or
        from who took over: it isn't lost.
        """
        error = None if posted.cancelled() else posted.exception()
        if isinstance(error, NoLongerMeant):
            return
        if posted.cancelled() or error is not None:
            self.lose(kind, topic, "not_acknowledged", error)
            return
        self._on_arrival()
        if self._lost and (lost := self._lost.pop(topic, 0)):
            _log.info("records arrive again", kind=kind, topic=topic, lost=lost)
