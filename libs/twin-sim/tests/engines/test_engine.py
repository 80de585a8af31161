"""Engines: which there are, what they promise, refuse and warn of."""

import math
import re

import pytest
from scene_files import scene

from twin_sim.engines import cpu_fingerprint, installed_engines, load_engine
from twin_sim.engines.api import ChannelKind, ChannelSpec, EngineConfig, RenderParams, ReplayClass
from twin_sim.errors import EngineError, SceneError, UnknownEngine, UnsupportedByEngine
from twin_sim.scene import read_stage

DRIVE = ('"rail"', '"rail" (prepend apiSchemas = ["PhysicsDriveAPI:linear"])')


def test_mujoco_is_installed_and_promises_exact_replay():
    assert "mujoco" in installed_engines()
    engine = load_engine("mujoco")
    assert engine.name == "mujoco"
    assert engine.capabilities.replay is ReplayClass.EXACT
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", engine.build)


def test_an_unknown_engine_is_an_error_that_lists_the_installed_ones():
    with pytest.raises(UnknownEngine, match=r"'bullet'.*mujoco"):
        load_engine("bullet")


def test_a_scene_file_loads_into_a_running_simulation(engine, tmp_path):
    path = tmp_path / "pendulum.usda"
    path.write_bytes(scene("pendulum"))
    simulation = engine.load_scene(str(path), EngineConfig(step_hz=500.0, substeps=2))
    view = simulation.bind(
        [ChannelSpec("/World/hinge", ChannelKind.VELOCITY), ChannelSpec("/World/hinge", ChannelKind.EFFORT)]
    )
    view.write(1, [1.3])
    simulation.step()
    assert view.read()[0][0] == pytest.approx(1.0 / 1000, rel=1e-9)  # 1.3 N m on 1.3 kg m^2 for a step


def test_an_engine_that_renders_nothing_says_so(engine):
    assert not engine.capabilities.render
    simulation = engine.compile(read_stage(scene("pendulum")), EngineConfig()).simulate(0.001)
    with pytest.raises(UnsupportedByEngine, match="/World/camera"):
        simulation.render("/World/camera", RenderParams())


@pytest.mark.parametrize(
    "config",
    [
        {"step_hz": 0.0},
        {"step_hz": -240.0},
        {"step_hz": math.nan},
        {"step_hz": 1e9},
        {"substeps": 0},
        {"solver_iterations": 0},
        {"gravity": (0.0, 0.0, math.inf)},
    ],
)
def test_settings_that_cannot_be_are_refused(engine, config):
    with pytest.raises(EngineError, match=next(iter(config))):
        engine.compile(read_stage(scene("pendulum")), EngineConfig(**config))


@pytest.mark.parametrize("dt", [0.0, -0.001, math.nan, math.inf])
def test_a_time_step_that_cannot_be_is_refused(model_of, dt):
    with pytest.raises(EngineError, match="time step"):
        model_of(scene("pendulum")).simulate(dt)


def test_gravity_of_the_settings_replaces_that_of_the_scene(model_of):
    simulation = model_of(scene("box_drop"), gravity=(0.0, 0.0, -1.62)).simulate(0.001)
    simulation.step(1000)
    z = simulation.get_observation("/World/box.pose").values[2]
    assert z == pytest.approx(33 - 1.62 / 2, abs=2e-3)


def test_a_simulation_that_explodes_is_unhealthy_and_leaves_no_file(model_of, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    simulation = model_of(scene("pendulum")).simulate(0.001)
    assert simulation.healthy()
    simulation.bind([ChannelSpec("/World/hinge", ChannelKind.EFFORT)]).write(0, [1e300])
    simulation.step(20)
    assert not simulation.healthy()
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().out == ""


def test_a_simulation_is_healthy_again_after_loading_a_good_state(model_of):
    import numpy as np

    simulation = model_of(scene("pendulum")).simulate(0.001)
    good = np.empty(simulation.state_size)
    simulation.save(good)
    simulation.bind([ChannelSpec("/World/hinge", ChannelKind.EFFORT)]).write(0, [1e300])
    simulation.step(20)
    simulation.load(good)
    assert simulation.healthy()
    simulation.step(20)
    assert simulation.healthy()


def test_a_drive_that_is_too_stiff_for_the_step_is_a_warning_that_says_which_step_would_do(model_of):
    stiff = scene("cart", DRIVE, ('axis = "X"', 'axis = "X"\nfloat drive:linear:physics:stiffness = 1e6'))
    (warning,) = model_of(stiff, step_hz=240.0).warnings
    assert (warning.path, warning.code) == ("/World/rail", "stiff_drive")
    needed = int(re.search(r"(\d+) or more", warning.message).group(1))
    assert model_of(stiff, step_hz=float(needed)).warnings == ()


def test_friction_and_bounce_that_mujoco_lacks_are_warnings(model_of):
    source = scene(
        "box_on_plane",
        ("staticFriction = 0.4", "staticFriction = 0.6\n        float physics:restitution = 0.5"),
    )
    warnings = {(w.path, w.code) for w in model_of(source).warnings}
    assert warnings == {("/World/rubber", "one_friction"), ("/World/rubber", "no_restitution")}


def test_a_loop_of_joints_is_refused(engine):
    loop = scene(
        "two_joint_arm",
        (
            'def Xform "upper"',
            'def PhysicsFixedJoint "loop"\n{\nrel physics:body1 = </World/Arm/fore>\n}\ndef Xform "upper"',
        ),
    )
    with pytest.raises(SceneError, match="loop") as raised:
        engine.compile(read_stage(loop), EngineConfig())
    assert raised.value.path.startswith("/World/Arm/")


def test_the_fingerprint_of_the_cpu_names_architecture_and_library_and_stays_the_same():
    assert re.fullmatch(r"[a-z0-9_]+-[A-Za-z0-9.]+-[0-9a-f]{12}", cpu_fingerprint())
    assert cpu_fingerprint() == cpu_fingerprint()
