"""One process that reads inputs until it has read enough or breaks: `python -m fuzzing.child`.

It writes a line of JSON for each finding and each so many inputs, and leaves the input in hand in a box, so that
whoever started it knows which one killed it.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import resource
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import IO

from fuzzing.box import Box
from fuzzing.judge import HANG, LARGEST_MB, MEMORY, judged, peak_mb
from fuzzing.search import Search
from fuzzing.tally import BROKEN, TOO_HEAVY
from fuzzing.targets import target_named

_REPORT = 250
_ADDRESS_SPACE = 4 << 30
"""Bytes, as the checker of scene files is given."""


def main() -> None:
    """Read inputs."""
    parser = argparse.ArgumentParser(prog="python -m fuzzing.child", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("seed")
    parser.add_argument("inputs", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("box", type=Path)
    asked = parser.parse_args()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries write there at their pleasure
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _read(asked.target, asked.seed, asked.inputs, time.monotonic() + asked.seconds, Box(asked.box), out)


def _read(name: str, seed: str, inputs: int, until: float, box: Box, out: IO[str]) -> None:
    target = target_named(name)
    search = Search(target, seed)
    for data in search.corpus[:20]:  # whatever is made at first use isn't an input's fault
        judged(target.run, data, float("inf"))
    limit_mb = peak_mb() + LARGEST_MB
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    for number in range(inputs):
        data = search.next()
        box.put(number, data)
        verdict = judged(lambda data: search.watched(target.run, data), data, limit_mb)
        if verdict.finding is not None and verdict.outcome == HANG:  # by its own fault, or by being watched?
            verdict = judged(target.run, data, limit_mb)
        if verdict.outcome in (HANG, MEMORY):
            limit_mb = max(limit_mb, peak_mb())
            if target.contained:
                verdict = replace(verdict, outcome=TOO_HEAVY, finding=None)
        if verdict.finding is not None:
            text = base64.b64encode(data).decode()
            _say(out, found=verdict.outcome, story=verdict.finding, data=text)
        outcomes[verdict.outcome if verdict.finding is None else BROKEN] += 1
        slowest = slowest if search.traced else max(slowest, verdict.cpu_s)
        ended = number + 1 == inputs or time.monotonic() > until
        heavy = verdict.outcome == TOO_HEAVY  # told at once: the next input may end the process
        if ended or heavy or (number + 1) % _REPORT == 0:
            _say(out, inputs=sum(outcomes.values()), outcomes=outcomes, slowest_s=slowest)
            outcomes.clear()
        if ended:
            break
    target.close()
    out.close()
    os._exit(0)  # C++ libraries that were fuzzed may not end in peace


def _say(out: IO[str], **what: object) -> None:
    out.write(json.dumps(what) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
