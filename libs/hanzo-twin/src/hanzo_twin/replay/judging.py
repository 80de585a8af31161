"""Verifies each incarnation with the build that its genesis names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hanzo_twin.replay.builds import Builds, builds_here
from hanzo_twin.replay.elsewhere import Elsewhere
from hanzo_twin.replay.refolder import Here, Refolder
from hanzo_twin.replay.source import Checkpoint, Evidence
from hanzo_twin.replay.verify import Report, verify
from twin_schemas.records import Stamps, TwinGenesis


def incarnations(evidence: Evidence) -> Mapping[int, Stamps]:
    """The stamps of every incarnation of which something is judged."""
    geneses = [evidence.start.genesis] if evidence.start is not None else []
    geneses += [entry.record for entry in evidence.journal if isinstance(entry.record, TwinGenesis)]
    return {genesis.incarnation: genesis.stamps for genesis in geneses}


class Judge:
    """Verifies with this build, and with another one if there is one.

    Attributes:
        lacking: by incarnation, what neither of them is.
    """

    def __init__(self, evidence: Evidence, scenes: Collection[bytes], other: Elsewhere | None = None) -> None:
        """Judge evidence; `scenes` are for the other build, which compiles them itself."""
        self._evidence, self._other = evidence, other
        stamps = incarnations(evidence)
        here = builds_here(each.engine for each in stamps.values())
        self._here = {number for number, each in stamps.items() if not here.lacks(each)}
        there = other.builds if other is not None else None
        self._there = {number for number in stamps.keys() - self._here if _suits(there, stamps[number])}
        self.lacking = {
            number: (there or here).lacks(each)
            for number, each in sorted(stamps.items())
            if number not in self._here | self._there
        }
        if other is not None and self._there:
            other.give(scenes, evidence.journal)

    def reports(self, checkpoints: Sequence[Checkpoint]) -> list[Report]:
        """What each build says of the incarnations that it can fold.

        Raises:
            BuildUnusable: the other build can't.
        """
        found = []
        if self._here or not self.lacking:
            found.append(self._judged(Here(self._evidence.open_twin), self._here, checkpoints))
        if self._other is not None and self._there:
            found.append(self._judged(self._other, self._there, checkpoints))
        return found

    def _judged(self, refolder: Refolder, only: set[int], checkpoints: Sequence[Checkpoint]) -> Report:
        evidence = self._evidence
        return verify(
            evidence.journal,
            evidence.predictions,
            checkpoints,
            evidence.open_twin,
            evidence.unreadable,
            evidence.start,
            refolder=refolder,
            only=only if self._there or self.lacking else None,
        )


def _suits(builds: Builds | None, stamps: Stamps) -> bool:
    return builds is not None and not builds.lacks(stamps)
