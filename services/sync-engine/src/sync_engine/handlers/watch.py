"""Notices that this process was stopped, stalled or cut off for as long as its session lasts (journal rule 6)."""

from collections.abc import Callable

from twin_common.bus.api import Consumer
from twin_common.bus.types import Membership
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
        self._refused = self._left = False
        self._limit_ns = 0
        self.limit(2500)
        self._last_ns = clock.monotonic_ns()
        self._doubted_ns = self._last_ns

    def follow(self, member: Consumer) -> None:
        """A group has assigned partitions to us; one that took us for gone before may have given them to others
        meanwhile.
        """
        if self._left:
            return
        self._member = member
        self.limit(member.session_timeout_ms)
        self._compare(member.membership.since_ns if member.membership else None)

    def leave(self) -> None:
        """We leave the group, and go on until its other members have acquired our journals, unless it may have taken us
        for gone already.
        """
        known = self._member.membership if self._member is not None else None
        if self._member is not None and (known is None or self._is_old(known)):
            self._doubt("it leaves while no broker was reached")
        self._left, self._member = True, None

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

    async def ask(self) -> None:
        """Find out whether others may have taken over: then everything is fenced, and taken over anew.

        Where the group hasn't confirmed us for nearly a session, it is asked, and the answer waited for.
        """
        self.beat()
        if (member := self._member) is not None:
            known = member.membership
            if known is not None and self._is_old(known):
                known = await member.confirm()
            if member is self._member:  # else we left while it was asked
                self._compare(known.since_ns if known is not None else None)

    def ours_since(self, then_ns: int) -> bool:
        """Whether, as far as is known, nobody took over but in order since then, a monotonic time."""
        self._refused = self._refused or self._absent
        return then_ns >= self._doubted_ns and not self._absent

    @property
    def _absent(self) -> bool:
        return self._member is not None and self._since_ns is None

    def _is_old(self, known: Membership) -> bool:
        return self._clock.monotonic_ns() - known.confirmed_ns >= self._limit_ns

    def _compare(self, since_ns: int | None) -> None:
        before, self._since_ns = self._since_ns, since_ns
        returned = before is None and since_ns is not None
        if returned and self._refused:  # what was refused is public only if it is read again
            self._refused = False
            self._doubt("it is a member again")
        elif before is not None and since_ns != before:
            self._doubt("its session had ended")

    def _doubt(self, reason: str) -> None:
        self._doubted_ns = self._clock.monotonic_ns()
        self._on_doubt(reason)
