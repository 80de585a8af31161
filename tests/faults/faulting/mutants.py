"""Builds that are broken on purpose, each to be caught by a cell: they show that the checker can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from faulting.load import Weight
from faulting.registry import chosen
from faulting.running import Row, run_cells

FOLDER = Path(__file__).parents[1] / "mutants"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A broken build.

    Attributes:
        name: of the module in `tests/faults/mutants`.
        cell: that has to catch it.
        strikes: within which it is caught.
        caught_by: findings of which at least one shows it.
    """

    name: str
    cell: str
    strikes: int
    caught_by: tuple[str, ...]

    @property
    def variables(self) -> Mapping[str, str]:
        """What makes services of a stage this build."""
        return {"PYTHONPATH": str(FOLDER), "FAULTS_MUTANT": self.name}


MUTANTS = (
    Mutant("commit_before_effect", "kill-scene-manager", 4, ("lost",)),
    Mutant("hasty_sync_engine", "kill-sync-engine", 3, ("lost",)),
    Mutant("hasty_gateway", "kill-api-gateway", 8, ("lost", "turned_away")),
    Mutant("no_inbox", "kill-api-gateway", 8, ("doubled",)),
    Mutant("no_taken", "kill-api-gateway", 8, ("doubled",)),
    Mutant("no_public_dedupe", "kill-sim-worker", 3, ("echoed",)),
    Mutant("no_fencing", "freeze-sync-engine", 3, ("void", "unequal", "again", "echoed", "unpredicted")),
    Mutant("blind_to_silence", "cut-kafka-one", 4, ("echoed",)),
    Mutant("careless_publisher", "cut-kafka", 3, ("unsaid",)),
    Mutant("wasteful_engine", "nothing", 1, ("spilled",)),
    Mutant("lying_publisher", "nothing", 1, ("unlike",)),
    Mutant("mortal_worker", "nothing", 4, ("fell",)),
    Mutant("forgetful_archivist", "kill-archivist", 2, ("unsealed",)),
    Mutant("trusting_worker", "set-back-kafka", 1, ("unequal",)),
)


async def caught(
    mutant: Mutant, weight: Weight, *, strikes: int | None = None, keep: Path | None = None
) -> Row:
    """Run a broken build through its cell; nobody is as patient, as they may wait in vain."""
    (cell,) = chosen(mutant.cell)
    run = run_cells(
        [cell],
        weight=replace(weight, patience_s=20.0, well_s=40.0),
        strikes=strikes or mutant.strikes,
        variables=mutant.variables,
        keep=keep,
    )
    row, *_ = [row async for row in run]
    return row
