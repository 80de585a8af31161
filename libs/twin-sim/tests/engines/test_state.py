"""States: complete, bit-exact, stamped, and independent of every other simulation."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from scene_files import scene, six_joint_arm

from twin_sim.engines.api import ChannelKind, ChannelSpec, JointCommand, JointMode, JointTarget
from twin_sim.errors import SimulationClosed, StateMismatch

DT = 1 / 480
SCENES = {
    "pendulum": scene("pendulum"),
    "box with contact": scene("box_on_plane"),
    "two joint arm": scene("two_joint_arm"),
    "six joint arm": six_joint_arm(),
}


def raw(simulation):
    out = np.empty(simulation.state_size)
    simulation.save(out)
    return out


@pytest.fixture(params=SCENES)
def model(request, model_of):
    return model_of(SCENES[request.param])


def disturbed(model, steps=300):
    """A simulation in the middle of things: moving, with inputs and commands held."""
    simulation = model.simulate(DT)
    efforts = [spec for spec in model.channels if spec.kind is ChannelKind.EFFORT]
    view = simulation.bind(efforts)
    for index, spec in enumerate(efforts):
        view.write(index, [0.3 + 0.1 * index])
        simulation.set_joint_command(
            spec.path, JointCommand((JointTarget(spec.path, JointMode.EFFORT, 0.2),))
        )
    simulation.step(steps)
    return simulation


def test_a_restored_state_goes_on_to_the_same_bits(model):
    simulation = disturbed(model)
    saved = raw(simulation)
    simulation.step(500)
    expected = raw(simulation)
    other = disturbed(model, 77)
    other.load(saved)
    assert raw(other).tobytes() == saved.tobytes()
    other.step(500)
    assert raw(other).tobytes() == expected.tobytes()


def test_no_number_of_the_state_can_be_lost(model_of):
    """The mutant: with dry friction, even the solver's warm start matters to the last bit."""
    simulation = disturbed(model_of(six_joint_arm()))
    saved = raw(simulation)
    simulation.step(100)
    expected = raw(simulation)
    kept = 0
    for index in np.flatnonzero(saved):
        damaged = saved.copy()
        damaged[index] = 0.0
        simulation.load(damaged)
        if raw(simulation).tobytes() == saved.tobytes():
            continue  # follows from other numbers of the state
        kept += 1
        simulation.step(100)
        assert raw(simulation).tobytes() != expected.tobytes(), f"number {index}"
    assert kept >= 1 + 3 * 6 + 2 * 6  # time; position, velocity, warm start; efforts measured and commanded


def test_a_fork_goes_its_own_way_and_leaves_its_parent_alone(model):
    simulation = disturbed(model)
    before = raw(simulation)
    fork = simulation.fork()
    assert raw(fork).tobytes() == before.tobytes()
    fork.step(50)
    assert raw(simulation).tobytes() == before.tobytes()
    simulation.step(50)
    assert raw(fork).tobytes() == raw(simulation).tobytes()


def test_a_restore_after_other_simulations_ran_gives_the_same_bits(model):
    simulation = disturbed(model)
    saved = raw(simulation)
    simulation.step(200)
    expected = raw(simulation)
    forks = [simulation.fork() for _ in range(5)]
    for number, fork in enumerate(forks):
        fork.step(30 * number)
        fork.close()
    again = model.simulate(DT)  # in memory that a fork gave back
    again.load(saved)
    again.step(200)
    assert raw(again).tobytes() == expected.tobytes()


def test_steps_may_be_taken_one_by_one_or_together(model):
    together, single = disturbed(model), disturbed(model)
    together.step(64)
    for _ in range(64):
        single.step()
    assert raw(together).tobytes() == raw(single).tobytes()


def test_reading_changes_no_bit(model):
    simulation = disturbed(model)
    before = raw(simulation)
    simulation.bind(model.channels).read()
    simulation.healthy()
    assert raw(simulation).tobytes() == before.tobytes()


def test_reading_changes_nothing_of_what_follows(model):
    watched, alone = disturbed(model), disturbed(model)
    view = watched.bind(model.channels)
    for _ in range(50):
        view.read()
        watched.step()
    alone.step(50)
    assert raw(watched).tobytes() == raw(alone).tobytes()


def test_simulations_of_one_model_run_in_threads_as_they_do_alone(model):
    def run(dt, out, key):
        simulation = model.simulate(dt)
        for _ in range(40):
            simulation.set_timestep(dt)
            simulation.step(20)
        out[key] = raw(simulation).tobytes()

    alone, together = {}, {}
    timesteps = {key: 0.001 + 0.0005 * (key % 3) for key in range(6)}
    for key, dt in timesteps.items():
        run(dt, alone, key)
    threads = [threading.Thread(target=run, args=(dt, together, key)) for key, dt in timesteps.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_a_time_step_belongs_to_one_simulation(model):
    changed, other, reference = model.simulate(DT), model.simulate(DT), model.simulate(DT)
    reference.step(100)
    changed.set_timestep(0.01)
    changed.step(10)
    other.step(100)
    assert raw(other).tobytes() == raw(reference).tobytes()


def test_a_state_survives_its_stamped_form(model):
    simulation = disturbed(model)
    state = simulation.get_state()
    simulation.step(10)
    expected = raw(simulation)
    other = model.simulate(DT)
    other.set_state(state)
    other.step(10)
    assert raw(other).tobytes() == expected.tobytes()


def test_the_state_of_another_model_is_refused(model_of):
    pendulum = model_of(scene("pendulum"))
    heavier = pendulum.with_parameters({"/World/arm.mass": 3.0})
    with pytest.raises(StateMismatch, match="model"):
        heavier.simulate(DT).set_state(pendulum.simulate(DT).get_state())


def test_a_damaged_state_is_refused(model_of):
    simulation = model_of(scene("pendulum")).simulate(DT)
    state = simulation.get_state()
    with pytest.raises(StateMismatch, match="bytes"):
        simulation.set_state(replace(state, data=state.data[:-8]))
    with pytest.raises(StateMismatch, match="build"):
        simulation.set_state(replace(state, build="0.0.1"))
    with pytest.raises(StateMismatch, match="engine"):
        simulation.set_state(replace(state, engine="other"))


def test_a_closed_simulation_says_so_and_its_channels_touch_nobody_elses_memory(model_of):
    model = model_of(scene("pendulum"))
    simulation = model.simulate(DT)
    view = simulation.bind([ChannelSpec("/World/hinge", ChannelKind.POSITION)])
    simulation.close()
    simulation.close()
    heir = model.simulate(DT)
    with pytest.raises(SimulationClosed):
        view.write(0, [1.0])
    with pytest.raises(SimulationClosed):
        simulation.step()
    assert heir.bind([ChannelSpec("/World/hinge", ChannelKind.POSITION)]).read() == [[0.0]]
