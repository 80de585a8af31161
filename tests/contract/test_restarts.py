"""Worker and sync engine never wait for each other: where the one asks for no incarnation, the other writes the
revision that the first waits for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sim_worker.domain.channels import channel_table
from sim_worker.domain.inventory import Inventory, JointMotion
from sim_worker.handlers.starting import Start
from sync_engine.domain.revision import revised
from twin_common.definition import TwinDefinition
from twin_common.definition.fold_config import CommandBounds, fold_config
from twin_common.definition.serving import served_config
from twin_schemas.records import Desired, Epoch, Grid, IncarnationRequested, Stamps, TwinGenesis, TwinSpec

INVENTORY = Inventory(
    joints={"/Arm/elbow": JointMotion.ANGULAR, "/Rail/slide": JointMotion.LINEAR},
    bodies=frozenset({"/Box"}),
    free=frozenset({"/Box"}),
)
BOUNDS = st.sampled_from([CommandBounds(), CommandBounds(5, 1.7)])
TARGETS: list[Any] = [
    "/Arm/elbow",
    "/Arm/elbow.position",
    "/Arm/elbow.velocity",
    "/Rail/slide",
    "/Box",
    "/Box.pose",
    {"joint_state": {"joints": {"elbow": "/Arm/elbow"}}},
]


CHOICES = st.fixed_dictionaries(
    {
        "rate_hz": st.sampled_from([30, 20, 28, 0.5, "30000/1001"]),
        "ring_ticks": st.sampled_from([8, 5]),
        "frame_wait_ms": st.sampled_from([None, 3]),
        "buffer_size": st.sampled_from([100, 5]),
        "assimilation": st.sampled_from([{"mode": "nudge"}, {"mode": "none"}]),
        "horizon": st.sampled_from([{"per_second": 5}, {"per_second": 0}]),
        "mode": st.sampled_from(["realtime", "batch", "standalone"]),
        "primary": st.sampled_from([None, "arm"]),
        "mapping": st.lists(st.sampled_from(TARGETS), min_size=1, max_size=3),
        "step_hz": st.sampled_from([240, 120]),
        "gravity": st.sampled_from([None, [0, 0, -1.6]]),
        "gpu_id": st.sampled_from(["auto", 0]),
    }
)


def define(choice: dict[str, Any]) -> TwinDefinition:
    sync = dict(choice)
    config = {name: sync.pop(name) for name in ("step_hz", "gravity", "gpu_id")}
    mapping = {f"m{n}": target for n, target in enumerate(sync.pop("mapping"))}
    source = {"type": "mqtt", "broker": "mqtt://127.0.0.1:1883", "topic": "a/#", "name": "arm"}
    if sync["mode"] == "standalone":
        sync["primary"] = None
    else:
        sync["sources"] = [{**source, "mapping": mapping}]
    body = {"name": "arm", "scene": {"uri": "a.usda"}, "engine": {"type": "mujoco", "config": config}}
    return TwinDefinition.model_validate({**body, "sync": sync})


@st.composite
def pairs(draw: st.DrawFn) -> tuple[TwinDefinition, TwinDefinition]:
    """Two definitions that differ in at most a few fields."""
    before, other = draw(CHOICES), draw(CHOICES)
    changed = draw(st.lists(st.sampled_from(sorted(before)), max_size=3))
    return define(before), define({**before, **{name: other[name] for name in changed}})


def spec_of(definition: TwinDefinition, revision: int, scene_digest: str) -> TwinSpec:
    text = definition.canonical_json()
    running = Desired.RUNNING
    return TwinSpec(
        "t", "local", "arm", revision, running, "default", 0, "s", 1, scene_digest, "a.usda", text, 7, 0
    )


def start_of(definition: TwinDefinition, spec: TwinSpec, bounds: CommandBounds) -> Start:
    """What a worker wants when it has compiled the twin."""
    stamps = Stamps("mujoco", "3", "cpu", 1, spec.scene_digest, f"model of {spec.scene_digest}")
    wanted = IncarnationRequested(
        spec.twin,
        spec.org,
        spec.name,
        spec.revision,
        f"request {spec.revision}",
        stamps,
        spec.seed,
        channel_table(definition, INVENTORY),
        fold_config(definition, bounds),
        reason="test",
    )
    return Start(spec, definition, wanted)


def genesis_of(start: Start) -> TwinGenesis:
    wanted = start.wanted
    assert wanted is not None
    return TwinGenesis(
        epoch=Epoch(1, "w"),
        twin=wanted.twin,
        org=wanted.org,
        name=wanted.name,
        revision=wanted.revision,
        request_id=wanted.request_id,
        incarnation=1,
        stamps=wanted.stamps,
        seed=wanted.seed,
        channels=wanted.channels,
        fold=wanted.fold,
        parent=wanted.parent,
        state_digest=wanted.state_digest,
        grid=Grid(0, 0, 30, 1),
    )


@given(pairs(), st.sampled_from("aab"), BOUNDS, BOUNDS)
def test_a_worker_that_asks_for_nothing_gets_its_revision(
    pair: tuple[TwinDefinition, TwinDefinition], scene: str, old: CommandBounds, new: CommandBounds
) -> None:
    before, after = pair
    genesis = genesis_of(start_of(before, spec_of(before, 1, "a"), old))
    spec = spec_of(after, 2, scene)
    start = start_of(after, spec, new)
    served = start.serves(genesis, parked=False)
    applied = revised(spec, after, genesis, Epoch(1, "w"), 10)
    if served:
        assert applied is not None
        assert start.applied(replace(genesis, fold=applied.config or genesis.fold))
    elif after.sync.sources and old == new:
        assert applied is None  # nothing of a definition's is taken that the worker begins anew for


@given(CHOICES.map(define), BOUNDS)
def test_every_incarnation_serves_its_own_definition(
    definition: TwinDefinition, bounds: CommandBounds
) -> None:
    spec = spec_of(definition, 1, "a")
    genesis = genesis_of(start_of(definition, spec, bounds))
    assert served_config(genesis, definition, spec) == genesis.fold
    again = start_of(definition, spec_of(definition, 3, "a"), bounds)
    assert again.serves(genesis, parked=False)
