"""Which inputs come next: good ones, and mutations of whatever led somewhere new."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from fuzzing.mutate import mutated
from fuzzing.target import Target

_TRACED = 16
"""One input in so many is watched line by line, which is slow."""
_CORPUS = 4000


class Search:
    """Makes the inputs of a target, the same ones for the same seed.

    Attributes:
        traced: the input in hand is being watched, which takes its time.

    Args:
        target: what is fuzzed.
        seed: of all chance.
    """

    def __init__(self, target: Target, seed: str) -> None:
        self._target, self._rng = target, random.Random(f"{target.name} {seed}")
        self._seeds = target.seeds()
        self.corpus = list(self._seeds)
        self._lines: set[tuple[str, int]] = set()
        self._outcomes: set[str] = set()
        self._count = 0
        self.traced = False

    def next(self) -> bytes:
        """The next input; the first ones are the corpus as it is."""
        count, self._count = self._count, self._count + 1
        if count < len(self.corpus):
            return self.corpus[count]
        if self._rng.random() < 0.5:
            return self._target.shaped(self._rng, self._rng.choice(self._seeds))
        return mutated(self._rng, self._rng.choice(self.corpus), self.corpus, self._target.words)

    def watched(self, run: Callable[[bytes], str], data: bytes) -> str:
        """Run an input, and keep it if it reached a line that no other did, or an outcome that is new."""
        self.traced = self._count % _TRACED == 0
        if not self.traced:
            outcome = run(data)
            self._keep(data, outcome, new=False)
            return outcome
        before = len(self._lines)
        old = sys.gettrace()
        sys.settrace(self._called)
        try:
            outcome = run(data)
        finally:
            sys.settrace(old)
        self._keep(data, outcome, new=len(self._lines) > before)
        return outcome

    def _keep(self, data: bytes, outcome: str, *, new: bool) -> None:
        if (new or outcome not in self._outcomes) and len(self.corpus) < _CORPUS:
            self._outcomes.add(outcome)
            self.corpus.append(data)

    def _called(self, frame: FrameType, event: str, argument: Any) -> Any:
        name = frame.f_code.co_filename
        return self._line if any(part in name for part in self._target.watched) else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        self._lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line
