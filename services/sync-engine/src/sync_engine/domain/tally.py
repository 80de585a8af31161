"""Counts by name, and the last message by reason."""

from collections import Counter
from typing import Final

_LONGEST: Final = 500


class Tally:
    """What happened to one twin since its session began.

    Attributes:
        counts: by name.
        errors: last message by reason.
    """

    def __init__(self) -> None:
        """Begin at zero."""
        self.counts: Counter[str] = Counter()
        self.errors: dict[str, str] = {}

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

    def refuse_command(self, code: str, message: str) -> None:
        """A command was refused: counted, and explained under its code."""
        self.counts["commands_refused"] += 1
        self.explain(f"command.{code}", message)

    def explain(self, reason: str, message: str) -> None:
        """Keep a message as the last one of its reason."""
        self.errors[reason] = message[:_LONGEST]
