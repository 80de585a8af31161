"""Which build can fold which incarnation of a journal: the one that its genesis names (journal rule 19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from twin_schemas.records import Stamps
from twin_sim.engines import cpu_fingerprint, load_engine
from twin_sim.errors import UnknownEngine
from twin_sim.fold import FOLD_VERSION, Build, differences


@dataclass(frozen=True, slots=True)
class Builds:
    """What a Python environment folds with.

    Attributes:
        engines: build by name of the engine.
        cpu: fingerprint of the machine.
        fold_version: of the fold's arithmetic.
        schema_ids: it can read records up to this schema id.
    """

    engines: Mapping[str, str]
    cpu: str
    fold_version: int
    schema_ids: int = 0

    def lacks(self, stamps: Stamps) -> str:
        """What an incarnation needs and this isn't, as `engine build 3.3.7 → 3.4.0`; empty: nothing.

        The compiled model isn't compared: that shows when it is compiled.
        """
        needed = Build.of(stamps)
        engine = self.engines.get(stamps.engine, "not installed")
        return differences(
            needed, replace(needed, engine_build=engine, cpu=self.cpu, fold_version=self.fold_version)
        )


def builds_here(engines: Iterable[str]) -> Builds:
    """What this process folds with."""
    found = {}
    for name in sorted(set(engines)):
        try:
            found[name] = load_engine(name).build
        except UnknownEngine:
            continue
    return Builds(found, cpu_fingerprint(), FOLD_VERSION)
