"""Whether an engine can simulate a scene."""

from __future__ import annotations

from twin_sim.engines import load_engine
from twin_sim.engines.api import EngineConfig
from twin_sim.errors import EngineError, SceneError, UnknownEngine
from twin_sim.scene.check.finding import Finding, Severity
from twin_sim.scene.model import SceneModel

_STEPS = 60


def check_engine(scene: SceneModel, name: str) -> list[Finding]:
    """What the engine leaves out, refuses, or does not stay sane with for a quarter of a second.

    The engine's defaults are used: a twin may set its own step rate, gravity and solver.
    """
    config = EngineConfig()
    try:
        model = load_engine(name).compile(scene, config)
        simulation = model.simulate(1.0 / (config.step_hz * config.substeps))
    except UnknownEngine as error:
        return [Finding(Severity.ERROR, "unknown_engine", "", str(error), "Choose an installed engine.")]
    except SceneError as error:
        return [Finding.of_error(error, "engine_refused")]
    except EngineError as error:
        return [Finding(Severity.ERROR, "engine_refused", "", str(error), "Change what the engine refuses.")]
    try:
        simulation.step(_STEPS)
        sane = simulation.healthy()
    finally:
        simulation.close()
    found = [Finding.of_warning(warning) for warning in model.warnings]
    if not sane:
        found.append(
            Finding(
                Severity.ERROR,
                "diverges",
                "",
                f"left to itself it diverges within {_STEPS / config.step_hz:g} s at {config.step_hz:g} steps a second",
                "Look for bodies that start inside each other, tiny masses and stiff drives.",
            )
        )
    return found
