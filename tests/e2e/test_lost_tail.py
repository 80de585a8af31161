"""A journal that has lost its newest records is noticed on a real broker, and without an archivist's marks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from platform_support.replaying import replay
from platform_support.running import PREFIX, Platform

from hanzo_twin.stack import EmbeddedStack
from twin_schemas.records import CheckpointTaken, IncarnationBegan, PredictionFrame, SimStatus, TwinGenesis

SERVICES = {"scene-manager": 1, "sync-engine": 1, "sim-worker": 1, "api-gateway": 1}
NAME = "rewound"
RATE_HZ = 60
FOLDED = 100
LOST = 300


class Journals:
    """The folders of the journal's partitions in a broker's data, and nothing else of it."""

    def __init__(self, kafka: Path, copy: Path) -> None:
        self._kafka, self._copy = kafka, copy

    def keep(self) -> None:
        """Copy them as they are; the broker doesn't run."""
        for folder in self._kafka.glob(f"{PREFIX}.sim.journal-[0-9]*"):
            shutil.copytree(folder, self._copy / folder.name)

    def set_back(self) -> None:
        """Put the copies in their places; the broker doesn't run."""
        for folder in self._copy.iterdir():
            shutil.rmtree(self._kafka / folder.name)
            shutil.copytree(folder, self._kafka / folder.name)


def without(service: str) -> dict[str, int]:
    return {name: count for name, count in SERVICES.items() if name != service}


def runs_on(platform: Platform, incarnation: int, ticks: int) -> None:
    """Wait until so many more ticks of an incarnation are folded."""

    def there(twin: dict[str, Any]) -> bool:
        sim = twin.get("sim") or {}
        return twin.get("phase") == "running" and sim["incarnation"] == incarnation and sim["tick"] > 0

    began = platform.until(lambda: platform.twin(NAME), there)["sim"]["tick"]
    platform.until(lambda: platform.twin(NAME)["sim"]["tick"], lambda tick: tick >= began + ticks)


def end(platform: Platform) -> int:
    """The offset behind the journal's newest record."""
    return platform.offsets("sim.journal", platform.twin(NAME)["placement"]["partition"])[1]


def newest_checkpoint(platform: Platform) -> CheckpointTaken:
    found = [record for _, record in platform.records("sim.checkpoints")]
    taken = [record for record in found if isinstance(record, CheckpointTaken)]
    return max(taken, key=lambda each: (each.incarnation, each.offset))


def told(platform: Platform, incarnation: int) -> str:
    """Why an incarnation began: its genesis and its event say the same."""
    born = [record for _, record in platform.records("sim.journal") if isinstance(record, TwinGenesis)]
    genesis = next(each for each in born if each.incarnation == incarnation)
    events = [record for _, record in platform.records("control.events")]
    event = next(
        each for each in events if isinstance(each, IncarnationBegan) and each.incarnation == incarnation
    )
    assert (event.reason, event.continuity) == (genesis.reason, "approximate")
    assert genesis.state is not None, (
        "it begins at the scene's initial state, not at the newest that is known"
    )
    assert (event.from_incarnation, event.from_offset) == (genesis.state.incarnation, genesis.state.offset)
    return genesis.reason


def lost_statuses(platform: Platform) -> list[SimStatus]:
    found = [record for _, record in platform.records("twin.status")]
    return [record for record in found if isinstance(record, SimStatus) and record.code == "lost_tail"]


def meanings(platform: Platform) -> Mapping[tuple[int, int], set[bytes]]:
    """By incarnation and offset, every prediction that was ever published."""
    found: dict[tuple[int, int], set[bytes]] = {}
    for message, record in platform.records("sim.predictions"):
        if isinstance(record, PredictionFrame):
            found.setdefault((record.incarnation, record.offset), set()).add(message.value() or b"")
    return found


@pytest.mark.timeout(240)
def test_a_lost_tail_leads_to_a_new_incarnation_that_says_so(tmp_path: Path) -> None:
    stack = EmbeddedStack(tmp_path / "stack", services=SERVICES)
    journals = Journals(stack.home.data / "kafka", tmp_path / "earlier")
    with stack:
        platform = Platform(stack)
        platform.scene()
        platform.begin(NAME, RATE_HZ)
        runs_on(platform, 1, FOLDED)
        platform.close()
    journals.keep()
    with stack:
        platform = Platform(stack)
        kept = end(platform)
        runs_on(platform, 1, LOST)
        platform.close()
    journals.set_back()

    # a writer covers what is lost before any worker looks: only the record at the checkpoint's offset tells
    with EmbeddedStack(stack.home.root, services=without("sim-worker")) as written_on:
        platform = Platform(written_on)
        taken = newest_checkpoint(platform)
        assert taken.offset > kept
        assert taken.journal_digest is not None
        platform.until(lambda: end(platform), lambda reached: reached > taken.offset + RATE_HZ)
        written_on.scale({"sim-worker": 1})
        runs_on(platform, 2, FOLDED)
        assert told(platform, 2).endswith(
            f": journal offset {taken.offset} isn't the record that was folded there"
        )
        (said, *_) = lost_statuses(platform)
        assert (said.incarnation, said.phase.value) == (1, "parked")
        assert re.search(
            rf"its journal has lost its newest records: journal offset {taken.offset}",
            "\n".join(written_on.log("sim-worker-0", 1000)),
        )
        platform.close()
    journals.set_back()

    # the whole second incarnation is lost, its genesis included, and nobody has written since
    with EmbeddedStack(stack.home.root, services=without("sync-engine")) as parked:
        platform = Platform(parked)
        gone = newest_checkpoint(platform)
        assert gone.incarnation == 2
        platform.until(lambda: lost_statuses(platform)[-1].incarnation, lambda incarnation: incarnation == 2)
        platform.until(
            lambda: platform.twin(NAME)["error"], lambda error: error and error["code"] == "lost_tail"
        )
        parked.scale({"sync-engine": 1})
        runs_on(platform, 3, FOLDED)
        assert re.search(
            rf": the journal ends at offset \d+, offset {gone.offset} was folded$", told(platform, 3)
        )
        said_twice = [identity for identity, values in meanings(platform).items() if len(values) > 1]
        assert said_twice == []
        code, found = replay(platform, "verify", NAME)
        assert (code, found["equal"], found["differences"]) == (0, True, []), found
        assert found["predictions"] >= 2 * FOLDED
        assert found["lost"] >= LOST + FOLDED
        platform.close()
