"""What a simulation hands to another build of its engine, and takes over from one."""

from twin_schemas.records import JointMode, JointTarget
from twin_sim.engines import api
from twin_sim.errors import JointCommandError, UnknownJoint
from twin_sim.fold.foldable import Carried

_OF_A_JOINT = (api.ChannelKind.POSITION, api.ChannelKind.VELOCITY)
_OF_A_FREE_BODY = (api.ChannelKind.POSE, api.ChannelKind.TWIST)


def carried(simulation: api.Simulation) -> Carried:
    """Positions, velocities and set points of everything that can move."""
    specs = _state(simulation.model)
    values = simulation.bind(specs).read()
    targets = [JointTarget(t.joint, JointMode(t.mode.value), t.value) for t in simulation.targets()]
    return Carried({_name(spec): read for spec, read in zip(specs, values, strict=True)}, targets)


def take_over(simulation: api.Simulation, state: Carried) -> None:
    """Write what the model has of a carried state.

    Raises:
        ValueError: a value isn't one of its kind.
    """
    specs = [spec for spec in _state(simulation.model) if _name(spec) in state.values]
    view = simulation.bind(specs)
    for index, spec in enumerate(specs):
        view.write(index, state.values[_name(spec)])
    for target in state.targets:
        wanted = api.JointTarget(target.joint, api.JointMode(target.mode.value), target.value)
        try:
            simulation.set_joint_command(target.joint, api.JointCommand((wanted,)))
        except (UnknownJoint, JointCommandError):
            continue  # this build has no such joint or drive


def _state(model: api.Model) -> list[api.ChannelSpec]:
    """Every channel that is state; a rotation comes before the velocities that are turned with it."""
    free = {spec.path for spec in model.channels if spec.kind is api.ChannelKind.TWIST}
    specs = [
        spec
        for spec in model.channels
        if spec.kind in _OF_A_JOINT or (spec.kind in _OF_A_FREE_BODY and spec.path in free)
    ]
    return sorted(specs, key=lambda spec: spec.kind is api.ChannelKind.TWIST)


def _name(spec: api.ChannelSpec) -> str:
    return f"{spec.path}.{spec.kind.value}"
