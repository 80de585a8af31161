"""What came of all inputs of a target."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fuzzing.target import ACCEPTED

BROKEN = "broken"
"""The outcome of an input that is a finding."""
CRASHED = "reader_crashed"
"""The outcome of an input that ended a process which is there to be ended."""
TOO_HEAVY = "too_heavy"
"""The outcome of an input that such a process may take long over, and ends by its own limits."""
_EXCUSED_OF, _EXCUSED = 500, 3
"""One input in so many, and a few in a small run, may end each way: of 86,000, fewer than half as many did. Containment
is there for what somebody else's parser does seldom, not instead of readers that end.
"""
_KEPT = 3
"""Inputs kept of each kind of finding."""


@dataclass(slots=True)
class Tally:
    """Counts and findings.

    Attributes:
        inputs: how many were read.
        outcomes: how often each outcome came.
        findings: inputs that broke something, by what broke: how often, and what is known of it.
        slowest_s: most computing time of one, s.
        seconds: it all took, s.
    """

    inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: dict[str, tuple[int, str]] = field(default_factory=dict)
    slowest_s: float = 0.0
    seconds: float = 0.0

    @property
    def accepted(self) -> int:
        """Inputs that were taken."""
        return self.outcomes[ACCEPTED]

    def add(self, report: dict[str, Any]) -> None:
        """Take what a process reports of some inputs."""
        self.inputs += report["inputs"]
        self.outcomes.update(report["outcomes"])
        self.slowest_s = max(self.slowest_s, report["slowest_s"])

    def bound_contained(self) -> None:
        """Take what was contained for findings where it is more than a process of its own excuses."""
        excused = _EXCUSED + self.inputs // _EXCUSED_OF
        for outcome in (CRASHED, TOO_HEAVY):
            if (count := self.outcomes[outcome]) > excused:
                self.findings[outcome] = (count, f"of {self.inputs} inputs; {excused} are excused")
                self.outcomes[BROKEN] += self.outcomes.pop(outcome)

    def found(self, what: str, story: str, data: bytes, folder: Path | None) -> None:
        """Something broke: keep the input, unless there are enough of the kind."""
        count, first = self.findings.get(what, (0, story))
        self.findings[what] = (count + 1, first)
        if folder is not None and count < _KEPT:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
