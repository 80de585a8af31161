"""What a restore must not lose although no journal of a single joint shows it (journal rule 16)."""

from dataclasses import replace

from scenes import BOX_ON_FLOOR, PENDULUM, scene
from test_physics import CHANNELS

from twin_schemas import codec
from twin_schemas.records import Channel, FoldSnapshot, ParametersApplied, StateReset
from twin_sim.engines import load_engine
from twin_sim.fold import Fold, OpenTwin, engine_config, physics_opener
from twin_sim.scene import read_stage
from twin_sim.testing.journals import CONFIG, STAMPS, JournalBuilder, reading

SPINNING = BOX_ON_FLOOR.replace(
    '["xformOp:translate", "xformOp:rotateXYZ"]',
    '["xformOp:translate", "xformOp:rotateXYZ"]\n        vector3f physics:angularVelocity = (0, 0, 200)',
)
ENGINE = load_engine("mujoco")


def equal_after_every_restore(journal: JournalBuilder, open_twin: OpenTwin) -> None:
    straight = Fold(open_twin)
    snapshots = []
    for offset, record in journal:
        straight.take(offset, record)
        if straight.state is not None:
            snapshots.append(codec.decode(codec.encode(straight.snapshot())))
    assert straight.parked is None
    for snapshot in snapshots:
        assert isinstance(snapshot, FoldSnapshot)
        fold = Fold.restore(snapshot, open_twin)
        for offset, record in journal:
            fold.take(offset, record)
        assert fold.digest() == straight.digest(), snapshot.offset
        fold.close()


def test_the_initial_state_is_the_same_under_every_parameter_version() -> None:
    model = ENGINE.compile(read_stage(scene(SPINNING)), engine_config(CONFIG))
    off_centre = {"/World/box.centerOfMass.x": 0.03}
    assert model.with_parameters(off_centre) is not model
    journal = JournalBuilder(CONFIG, [replace(CHANNELS[3], index=0)])
    journal.begin(replace(STAMPS, model_digest=model.digest))
    journal.frame()
    journal.records.append(ParametersApplied(journal.epoch, "com", 0, 1, "m", off_centre))
    journal.frames(2)
    journal.records.append(StateReset(journal.epoch, "reset", 1, True, {}))
    journal.frames(2)
    equal_after_every_restore(journal, physics_opener(lambda genesis: model))


def test_of_two_inputs_of_one_joint_the_same_one_acts_after_a_reset() -> None:
    model = ENGINE.compile(read_stage(scene(PENDULUM)), engine_config(CONFIG))
    twice: list[Channel] = [*CHANNELS[:3], replace(CHANNELS[2], index=3)]
    journal = JournalBuilder(CONFIG, twice).begin(replace(STAMPS, model_digest=model.digest))
    journal.frame(reading(3, journal.time(-1), 0.7))
    journal.frame(reading(2, journal.time(0), 0.1))
    journal.reset({}, to_initial=True)
    journal.frames(3)
    equal_after_every_restore(journal, physics_opener(lambda genesis: model))
