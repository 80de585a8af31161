"""Folds a journal for another process: `python -m hanzo_twin.replay.serve`, run with an older build's Python.

It speaks JSON, one object a line, on standard input and output. Nothing else of the two builds needs to be the same:
records travel as bytes that the older one can read.

    ← {"protocol": 1, "engines": {"mujoco": "3.3.7"}, "cpu": "…", "fold_version": 1, "schema_ids": 84}
    → {"scene": "<base64>"}                        any number, named by their sha256
    → {"record": [offset, at_ms, "<base64>"]}      the journal, in log order
    → {"fold": {"start": "<base64>" or null, "digests_at": [[incarnation, offset]], "unreadable": {"offset": "why"}}}
    ← {"prediction": "<base64>"}                   any number
    ← {"digests": [[incarnation, offset, "…"]], "digest": "…", "parked": null}    or {"error": "…"}

It ends with its input.
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from hanzo_twin.audit.entries import JournalEntry
from hanzo_twin.audit.frames import Identity
from hanzo_twin.replay.builds import builds_here
from hanzo_twin.replay.refold import refold
from twin_schemas import codec, releases
from twin_schemas.errors import SchemaError
from twin_schemas.layout import layout
from twin_schemas.records import FoldSnapshot, TwinGenesis
from twin_sim.engines import installed_engines, load_engine
from twin_sim.engines.api import Model
from twin_sim.errors import TwinSimError
from twin_sim.fold import engine_config, physics_opener
from twin_sim.scene import read_stage

PROTOCOL = 1

_FAILURES = (TwinSimError, SchemaError, ValueError, LookupError, TypeError, ArithmeticError, AssertionError)


class Folding:
    """What another process has given, and what comes of it."""

    def __init__(self, say: Callable[[dict[str, Any]], None]) -> None:
        """Say what it has to say with `say`."""
        self._say = say
        self._scenes: dict[str, bytes] = {}
        self._journal: list[JournalEntry] = []
        self._models: dict[str, Model] = {}

    def take(self, told: dict[str, Any]) -> None:
        """Do what one line asks for."""
        if "scene" in told:
            scene = b64decode(told["scene"])
            self._scenes[sha256(scene).hexdigest()] = scene
        elif "record" in told:
            offset, at_ms, value = told["record"]
            self._journal.append(JournalEntry(offset, at_ms, codec.decode(b64decode(value))))  # type: ignore[arg-type]
        elif "fold" in told:
            self._fold(told["fold"])

    def _fold(self, asked: dict[str, Any]) -> None:
        start = codec.decode(b64decode(asked["start"])) if asked["start"] else None
        assert start is None or isinstance(start, FoldSnapshot)
        found = refold(
            [entry for entry in self._journal if start is None or entry.offset > start.offset],
            physics_opener(self._model),
            start=start,
            digests_at={Identity(*where) for where in asked["digests_at"]},
            unreadable={int(offset): why for offset, why in asked["unreadable"].items()},
        )
        for frame in found.predictions.values():
            self._say({"prediction": b64encode(codec.encode(frame)).decode()})
        digests = [[where.incarnation, where.offset, digest] for where, digest in found.digests.items()]
        self._say({"digests": digests, "digest": found.digest, "parked": found.parked})

    def _model(self, genesis: TwinGenesis) -> Model:
        stamps = genesis.stamps
        if stamps.model_digest not in self._models:
            scene = read_stage(self._scenes[stamps.scene_digest])
            engine = load_engine(stamps.engine)
            self._models[stamps.model_digest] = engine.compile(scene, engine_config(genesis.fold))
        return self._models[stamps.model_digest]


def main() -> None:
    """Answer until the input ends."""

    def say(told: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()

    builds = builds_here(installed_engines())
    newest = max((release.id for release in releases.load(layout().ids)), default=0)
    say(
        {
            "protocol": PROTOCOL,
            "engines": dict(builds.engines),
            "cpu": builds.cpu,
            "fold_version": builds.fold_version,
            "schema_ids": newest,
        }
    )
    folding = Folding(say)
    for line in sys.stdin:
        try:
            folding.take(json.loads(line))
        except _FAILURES as error:
            say({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
