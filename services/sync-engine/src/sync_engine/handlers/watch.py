"""Notices that this process was stopped, stalled or cut off for as long as its session lasts (journal rule 6)."""

from collections.abc import Callable

from twin_common.bus.api import Consumer
from twin_common.clock import NS_PER_S, Clock


class StallWatch:
    """Whoever is about to write or publish beats first; a beat that comes too late finds everything
    fenced. Journals fence whoever was cut off; what is published needs the group's word that nobody else took over.
    """

    def __init__(self, clock: Clock, on_doubt: Callable[[str], None]) -> None:
        """Begin now.

        Args:
            clock: its monotonic time runs on while the process is stopped.
            on_doubt: told why others may have what was ours, before anything else may happen.
        """
        self._clock, self._on_doubt = clock, on_doubt
        self._member: Consumer | None = None
        self._since_ns: int | None = None
        self._limit_ns = 0
        self.limit(2500)
        self._last_ns = clock.monotonic_ns()
        self._doubted_ns = self._last_ns

    def follow(self, member: Consumer) -> None:
        """A group has assigned partitions to us; one that took us for gone before may have given them to others
        meanwhile.
        """
        self._member = member
        self.limit(member.session_timeout_ms)
        self._compare(member.membership.since_ns if member.membership else None)

    def leave(self) -> None:
        """We leave the group, and go on until its other members have acquired our journals."""
        self._member = None

    def limit(self, session_timeout_ms: int) -> None:
        """A session of the consumer group lasts so long; a silence that is only a little shorter already
        fences.

        The session runs from our last heartbeat to the brokers, which may have been that much earlier than
        the last beat here.
        """
        heartbeat_ms = min(500, max(100, session_timeout_ms // 8))
        self._limit_ns = (session_timeout_ms - heartbeat_ms) * 1_000_000

    def beat(self) -> bool:
        """We are alive; False when that comes too late and everything has just been fenced."""
        now_ns = self._clock.monotonic_ns()
        silent_ns, self._last_ns = now_ns - self._last_ns, now_ns
        if silent_ns < self._limit_ns:
            return True
        self._doubt(f"this process stood still for {silent_ns / NS_PER_S:.1f} s")
        return False

    async def ours_since(self, then_ns: int) -> bool:
        """Whether nobody else can have taken over since then, a monotonic time; otherwise everything is fenced.

        Where the group hasn't confirmed us for nearly a session, it is asked, and the answer waited for.
        """
        self.beat()
        if (member := self._member) is not None:
            known = member.membership
            if known is not None and self._clock.monotonic_ns() - known.confirmed_ns >= self._limit_ns:
                known = await member.confirm()
            if member is self._member:  # else we left while it was asked
                self._compare(known.since_ns if known is not None else None)
        return then_ns >= self._doubted_ns

    def _compare(self, since_ns: int | None) -> None:
        before, self._since_ns = self._since_ns, since_ns
        if before is not None and since_ns != before:
            self._doubt("its session had ended")

    def _doubt(self, reason: str) -> None:
        self._doubted_ns = self._clock.monotonic_ns()
        self._on_doubt(reason)
