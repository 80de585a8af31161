"""Values for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scene_manager.domain.identity import seed_of
from scene_manager.domain.outbox import Draft, Kind
from scene_manager.domain.placement import Placement
from scene_manager.domain.ports import Outbox, UnitOfWork
from scene_manager.domain.revision import Made
from scene_manager.domain.scene import PinnedScene, SceneFile
from scene_manager.domain.twin import Twin
from twin_schemas.records.desired import Desired
from twin_schemas.records.phase import Phase

ID = "0199aaaa-0000-7000-8000-000000000001"
NOW_NS = 1_700_000_000_000_000_000
MADE = Made("me", NOW_NS, "0199bbbb-0000-7000-8000-000000000001", "to see")
OTHER = "0199aaaa-0000-7000-8000-000000000002"


@dataclass(frozen=True)
class World:
    """A unit of work and the outbox that it fills."""

    work: UnitOfWork
    outbox: Outbox


def no_conflict() -> Sequence[Draft]:
    """What is told about a conflict where there is none."""
    raise AssertionError("nothing conflicts here")


def twin(twin_id: str = ID, *, org: str = "local", name: str = "pendulum", partition: int = 3) -> Twin:
    """A twin as it is created."""
    return Twin(
        id=twin_id,
        org=org,
        name=name,
        revision=1,
        phase=Phase.CREATED,
        desired=Desired.STOPPED,
        placement=Placement("default", partition),
        scene=PinnedScene("pendulum", 1, "ab" * 32, "pendulum.usda"),
        definition='{"engine":{"type":"mujoco"},"name":"pendulum"}',
        seed=seed_of(twin_id),
        created_ns=NOW_NS,
        made=MADE,
        phase_ns=NOW_NS,
    )


def scene_file(digest: str = "ab" * 32, note: str = "") -> SceneFile:
    """A scene file."""
    return SceneFile(digest, "pendulum.usda", 1234, note)


def draft(lane: str, number: int, *, kind: Kind = Kind.PUBLISH, answers: str | None = None) -> Draft:
    """Something to be published."""
    headers = (("ce_id", f"{lane}-{number}"), ("ce_type", "é"))
    return Draft(lane, kind, "control.events", lane, bytes([number]), headers, answers)
