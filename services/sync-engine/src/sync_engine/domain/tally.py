"""Counts by name, and the last message by reason."""

from collections import Counter, deque
from typing import Final

from sync_engine.domain.early import EarlyMessages

_LONGEST: Final = 500
_MOST_FRAMES: Final = 4096


class Tally:
    """What happened to one twin since this process holds its partition, however often its journal is taken over.

    Attributes:
        counts: by name.
        errors: last message by reason.
    """

    def __init__(self) -> None:
        """Begin at zero."""
        self.counts: Counter[str] = Counter()
        self.errors: dict[str, str] = {}
        self._framed: deque[tuple[int, int]] = deque(maxlen=_MOST_FRAMES)

    def count(self, name: str, by: int = 1) -> None:
        """Add to a count."""
        self.counts[name] += by

    def refuse(self, reason: str, message: str) -> None:
        """Something was refused: counted under `refused.<reason>` and in all."""
        self.counts["refused"] += 1
        self.counts[f"refused.{reason}"] += 1
        self.explain(reason, message)

    def drop(self, source: str, messages: int, size: int) -> None:
        """Older messages of a source gave way to newer ones of the same tick."""
        self.counts["dropped"] += messages
        self.counts[f"dropped.{source}"] += messages
        self.explain("dropped", f"source {source}: more than {size} messages in a tick")

    def repeat(self, source: str, readings: int) -> None:
        """Readings of a source were delivered again, which says nothing new."""
        self.counts["readings_repeated"] += readings
        self.counts[f"readings_repeated.{source}"] += readings

    def lose_link(self, source: str, reason: str | None) -> None:
        """The link to a source broke: nobody knows what is said until it is back."""
        self.counts["link_lost"] += 1
        self.counts[f"link_lost.{source}"] += 1
        self.explain("link_lost", f"source {source}: {reason}; what it says until the link is back is lost")

    def discard(self, why: str, readings: int) -> None:
        """Readings were accepted, and no frame will carry them."""
        if readings:
            self.counts["discarded"] += readings
            self.counts[f"discarded.{why}"] += readings
            self.explain("discarded", f"{readings} readings: {why}")

    def frame(self, tick: int, readings: int, *, gap: bool) -> None:
        """A frame is handed to the journal's producer."""
        self.counts["frames"] += 1
        self.counts["gaps"] += gap
        if readings:
            self._framed.append((tick, readings))

    def acknowledged(self) -> None:
        """Everything handed over so far is in the journal."""
        self._framed.clear()

    def taken_early(self, early: EarlyMessages) -> None:
        """What was said while the journal was being taken over is taken, but for this."""
        self.counts["framed_before"] += early.framed.found
        self.counts["unheard"] += early.lost

    def taken_over(self, tick: int) -> None:
        """The journal was read again, and ends with this tick: what was handed over behind it is lost."""
        self.discard("unacknowledged", sum(readings for at, readings in self._framed if at > tick))
        self._framed.clear()

    def refuse_command(self, code: str, message: str) -> None:
        """A command was refused: counted, and explained under its code."""
        self.counts["commands_refused"] += 1
        self.explain(f"command.{code}", message)

    def explain(self, reason: str, message: str) -> None:
        """Keep a message as the last one of its reason."""
        self.errors[reason] = message[:_LONGEST]
