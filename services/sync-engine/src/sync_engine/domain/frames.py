"""Closes a twin's ticks into frames (journal rules 8, 10 and 13)."""

from collections.abc import Sequence
from typing import Final

from sync_engine.domain.latency import LatencyAccount
from sync_engine.domain.pending import PendingReadings
from sync_engine.domain.phase import PhaseLock, tick_length
from sync_engine.domain.quorum import Quorum
from twin_schemas.records import (
    Epoch,
    Grid,
    GridSegment,
    ObservationFrame,
    Reading,
    SourceQuorum,
    TimeDiscontinuity,
)
from twin_sim.journal import tick_time, ticks_before
from twin_sim.journal.grid import NS_PER_S

FrameRecord = ObservationFrame | SourceQuorum | GridSegment | TimeDiscontinuity

_GAP_TICKS: Final = 3
_REVIEW_TICKS: Final = 64
_LEEWAY_NS: Final = 20_000_000
"""A tick isn't called missed for less: no scheduler does better under load."""


class FrameBuilder:
    """One twin's ticks: every one becomes exactly one frame or is named by one discontinuity, in order.

    Attributes:
        grid: segment in force.
        tick: last tick written or skipped.
        due_ns: when `advance` should be called next, if no reading comes before.
        commands_offset: sim.commands is sequenced up to here.
    """

    def __init__(
        self,
        epoch: Epoch,
        grid: Grid,
        tick: int,
        quorum: Quorum,
        pending: PendingReadings,
        account: LatencyAccount,
        *,
        primary: int | None = None,
        wait_ns: int | None = None,
        longest_wait_ns: int = 20_000_000,
        gap_ns: int = NS_PER_S,
        locked: bool = False,
        commands_offset: int = -1,
    ) -> None:
        """Go on after a tick.

        Args:
            epoch: of this writer.
            grid: segment in force; the next tick is on it.
            tick: last tick in the journal.
            quorum: the twin's sources.
            pending: readings received.
            account: learns when frames were closed.
            primary: source that the grid follows; None: the fastest.
            wait_ns: longest wait after a tick; None: half a tick, at most `longest_wait_ns`.
            longest_wait_ns: bound of that.
            gap_ns: a silence of ours longer than this and 3 ticks is a discontinuity.
            locked: the grid was locked to the primary source before.
            commands_offset: sim.commands has been handled up to here.
        """
        self.grid, self.tick, self.commands_offset = grid, tick, commands_offset
        self._epoch, self._quorum, self._pending, self._account = epoch, quorum, pending, account
        self._primary, self._phase_source, self._phase_channel = primary, primary, -1
        self._wait_asked, self._longest_wait, self._gap = wait_ns, longest_wait_ns, gap_ns
        self._phase = PhaseLock(locked=locked)
        self._tick_ns = self._wait_ns = self._next_ns = self.due_ns = 0
        # Where a segment begins behind the last tick, that tick's time isn't on the grid, but it was earlier.
        self._last_ns = grid.time_ns - 1 if tick < grid.tick else tick_time(grid, tick)
        self._use(grid)

    @property
    def last_time_ns(self) -> int:
        """Time of the last tick written or skipped."""
        return self._last_ns

    def take(self, source: int, readings: Sequence[Reading], receive_ns: int) -> int:
        """Hold a message's readings for the frame that closes next; returns how many older ones gave way."""
        quorum = self._quorum
        for reading in readings:
            is_newer = quorum.note(source, reading.channel, reading.time_ns, receive_ns)
            if is_newer and source == self._phase_source and reading.channel == self._phase_channel:
                period = quorum.sources[source].channels[reading.channel].period_ns
                self._phase.note(reading.time_ns, self.grid, period)
        if quorum.satisfied and self.due_ns > self._next_ns:
            self.due_ns = self._next_ns
        return self._pending.add(source, readings, receive_ns)

    def hold(self, messages: int) -> None:
        """Hold so many messages of a source for a frame from now on."""
        self._pending.resize(messages)

    @property
    def held(self) -> int:
        """Readings that wait for their frame."""
        return self._pending.readings

    def advance(self, now_ns: int) -> list[FrameRecord]:
        """Close every tick that can be closed now; what to append to the journal, in order."""
        records: list[FrameRecord] = []
        while (late := now_ns - self._next_ns) >= 0:
            if late > max(self._gap, _GAP_TICKS * self._tick_ns):
                records += self._skip(now_ns)
            elif self._quorum.satisfied or late >= self._wait_ns:
                overdue = late >= self._wait_ns + max(self._tick_ns, _LEEWAY_NS)
                records += self._close(now_ns, gap=overdue)
            else:
                self.due_ns = self._next_ns + self._wait_ns
                return records
        self.due_ns = self._next_ns
        return records

    def set_rate(self, rate_num: int, rate_den: int) -> GridSegment:
        """Go on at another rate, one new interval after the last tick."""
        grid = Grid(self.tick + 1, self._last_ns + NS_PER_S * rate_den // rate_num, rate_num, rate_den)
        self._phase.lost()
        return self._segment(grid, "rate")

    def _close(self, now_ns: int, *, gap: bool) -> list[FrameRecord]:
        tick = self.tick + 1
        records: list[FrameRecord] = [
            SourceQuorum(self._epoch, tick, name, live) for name, live in self._quorum.review(now_ns)
        ]
        if records or tick % _REVIEW_TICKS == 0:
            self._follow_primary()
        self._account.closed(tick, self._next_ns, self._pending.newest_receipt_ns, now_ns)
        records.append(
            ObservationFrame(self._epoch, tick, self._pending.take(), self.commands_offset, gap=gap)
        )
        self.tick, self._last_ns = tick, self._next_ns
        slip = self._phase.slip(self.grid)
        if slip is None:
            self._next()
        else:
            time = tick_time(self.grid, tick + 1) + slip
            time += self._tick_ns if time <= self._last_ns else 0
            self._phase.moved()
            records.append(
                self._segment(Grid(tick + 1, time, self.grid.rate_num, self.grid.rate_den), "relock")
            )
        return records

    def _skip(self, now_ns: int) -> list[FrameRecord]:
        last = ticks_before(self.grid, now_ns)
        skipped = TimeDiscontinuity(self._epoch, self.tick + 1, last, "the writer was away")
        self.tick, self._last_ns = last, tick_time(self.grid, last)
        grid = Grid(last + 1, tick_time(self.grid, last + 1), self.grid.rate_num, self.grid.rate_den)
        return [skipped, self._segment(grid, "discontinuity")]

    def _segment(self, grid: Grid, reason: str) -> GridSegment:
        self._use(grid)
        return GridSegment(self._epoch, grid, reason)

    def _use(self, grid: Grid) -> None:
        self.grid = grid
        self._tick_ns = tick_length(grid)
        wait = min(self._tick_ns // 2, self._longest_wait) if self._wait_asked is None else self._wait_asked
        self._wait_ns = wait
        self._next()

    def _next(self) -> None:
        self._next_ns = tick_time(self.grid, self.tick + 1)
        self._quorum.expect(self._next_ns, self._tick_ns)
        self.due_ns = self._next_ns if self._quorum.satisfied else self._next_ns + self._wait_ns

    def _follow_primary(self) -> None:
        """Look again whose phase the grid follows, after the quorum has changed."""
        source = self._quorum.fastest() if self._primary is None else self._primary
        paced = self._quorum.sources[source].paced() if source is not None else []
        channel = paced[0][0] if paced else -1
        if (source, channel) != (self._phase_source, self._phase_channel):
            self._phase_source, self._phase_channel = source, channel
            self._phase.forget()
