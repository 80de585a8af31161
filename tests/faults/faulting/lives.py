"""Which processes have ended, and which of them no strike had named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hanzo_twin.stack.processes import ProcessId
from hanzo_twin.stack.state import PartState, Phase


class Lives:
    """Follows who a part's process is: one that ended shows, also when somebody has started it again meanwhile."""

    def __init__(self, parts: Iterable[PartState]) -> None:
        self._known = {part.name: part.process for part in parts}
        self._over: set[ProcessId] = set()
        self._ends: Counter[str] = Counter()
        self._may_end: frozenset[str] = frozenset()
        self._fell: list[str] = []

    def ends(self, name: str) -> None:
        """A strike is about to end this process, once."""
        self._ends[name] += 1

    def may_end(self, names: Iterable[str]) -> None:
        """A strike may end these, however often, until all is well again."""
        self._may_end |= frozenset(names)

    def well(self) -> None:
        """Everything runs: whatever ends from now on needs to be named anew."""
        self._ends.clear()
        self._may_end = frozenset()

    def look(self, parts: Iterable[PartState]) -> None:
        """Note whose process has ended since the last look, or is another one."""
        seen = {part.name: part for part in parts}
        for name, part in seen.items():
            known = self._known.get(name)
            if known is not None and (part.phase is Phase.FAILED or part.process != known):
                self._end(known, part)
            self._known[name] = part.process
        for name in self._known.keys() - seen.keys():  # the plan has no such process any more
            del self._known[name]

    def _end(self, process: ProcessId, part: PartState) -> None:
        if process in self._over:
            return
        self._over.add(process)
        if self._ends[part.name]:
            self._ends[part.name] -= 1
        elif part.name not in self._may_end:
            last = f": {part.tail[-1][:200]}" if part.tail else ""
            self._fell.append(f"{part.name}: {part.ended or 'another process has its place'}{last}")

    def take(self) -> list[str]:
        """Those that ended and weren't named; told once."""
        fell, self._fell = self._fell, []
        return fell
