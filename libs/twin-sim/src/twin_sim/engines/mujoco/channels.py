"""Channels of a simulation, resolved once and read many times a second."""

import math
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

import mujoco

from twin_sim.engines.api import ChannelKind, ChannelSpec
from twin_sim.engines.mujoco.layout import BodyPlace, JointPlace, Layout
from twin_sim.engines.mujoco.memory import Memory
from twin_sim.engines.mujoco.twist import TWIST_SIZE, read_twist, write_twist
from twin_sim.errors import ChannelValueError
from twin_sim.scene.spatial import Quat, from_rotation_vector, multiply

if TYPE_CHECKING:
    from twin_sim.engines.mujoco.simulation import MujocoSimulation

_LARGE = 10
"""So many numbers of a state cost about as much as a channel that is looked up by itself."""

_Read = Callable[[Memory], list[float]]


class MujocoChannels:
    """Channels by their position in the list that was bound; see `twin_sim.engines.api.ChannelView`."""

    def __init__(
        self, simulation: "MujocoSimulation", layout: Layout, channels: Sequence[ChannelSpec]
    ) -> None:
        """Resolve channels.

        Raises:
            ChannelError: names the path and what the prim offers.
        """
        self._simulation = simulation
        self._specs = tuple(channels)
        self._places = [layout.resolve(spec) for spec in channels]
        self._reads = [_reader(spec, place) for spec, place in zip(channels, self._places, strict=True)]
        memory = simulation.memory
        self._pick = _picked(self._specs, self._places, len(memory.qpos), len(memory.qvel))
        self._writable = [not (isinstance(place, BodyPlace) and place.position < 0) for place in self._places]
        self._derived = not all(self._writable)

    def read(self) -> list[list[float]]:
        """Present values by channel."""
        memory = self._memory()
        return [read(memory) for read in self._reads]

    def read_flat(self) -> list[float]:
        """Present values, one channel after another."""
        if self._pick is not None:
            memory = self._simulation.memory
            return self._pick(memory.qpos.tolist() + memory.qvel.tolist())
        memory = self._memory()
        flat: list[float] = []
        for read in self._reads:
            flat += read(memory)
        return flat

    def writable(self, index: int) -> bool:
        """False for a pose that follows from joints."""
        return self._writable[index]

    def write(self, index: int, values: Sequence[float]) -> None:
        """Set the state, or for effort the measured input.

        Raises:
            ChannelValueError: a derived pose, the wrong number of values, or one that isn't finite.
        """
        place, memory = self._places[index], self._simulation.memory
        if self._specs[index].kind is ChannelKind.TWIST:
            assert isinstance(place, BodyPlace)
            self._check(index, values, TWIST_SIZE)
            write_twist(memory, place, values)
            return
        if isinstance(place, BodyPlace):
            self._check(index, values, 7)
            memory.qpos[place.position : place.position + 7] = (*values[:3], *self._unit(index, values[3:]))
            return
        self._check(index, values, 1)
        match self._specs[index].kind:
            case ChannelKind.POSITION:
                memory.qpos[place.position] = values[0]
            case ChannelKind.VELOCITY:
                memory.qvel[place.dof] = values[0]
            case _:
                memory.set_input(place, 0, values[0])

    def add(self, index: int, correction: Sequence[float]) -> None:
        """Shift the state; a free body's pose by translation and rotation vector (3 + 3), world frame.

        Raises:
            ChannelValueError: a derived pose, the wrong number of values, or one that isn't finite.
        """
        place, memory = self._places[index], self._simulation.memory
        if self._specs[index].kind is ChannelKind.TWIST:
            assert isinstance(place, BodyPlace)
            self._check(index, correction, TWIST_SIZE)
            now_moving = read_twist(memory, place)
            write_twist(memory, place, [v + dv for v, dv in zip(now_moving, correction, strict=True)])
            return
        if isinstance(place, BodyPlace):
            self._check(index, correction, 6)
            at = place.position
            x, y, z, *now = memory.qpos[at : at + 7].tolist()
            turn = from_rotation_vector((correction[3], correction[4], correction[5]))
            turned = multiply(turn, (now[0], now[1], now[2], now[3]))
            moved = (x + correction[0], y + correction[1], z + correction[2])
            memory.qpos[at : at + 7] = (*moved, *self._unit(index, turned))
            return
        self._check(index, correction, 1)
        match self._specs[index].kind:
            case ChannelKind.POSITION:
                memory.qpos[place.position] += correction[0]
            case ChannelKind.VELOCITY:
                memory.qvel[place.dof] += correction[0]
            case _:
                memory.set_input(place, 0, memory.user.item(place.index) + correction[0])

    def _memory(self) -> Memory:
        memory = self._simulation.memory
        if self._derived:
            # after a step the world poses are still those of its beginning
            mujoco.mj_kinematics(self._simulation.stepped, memory.data)
        return memory

    def _check(self, index: int, values: Sequence[float], count: int) -> None:
        if len(values) == count == 1 and math.isfinite(values[0]):
            return  # a joint's, which can always be set
        spec = self._specs[index]
        if not self._writable[index]:
            raise ChannelValueError(f"{spec.path}.pose follows from its joints; set those")
        if len(values) != count:
            raise ChannelValueError(f"{spec.path}.{spec.kind} takes {count} numbers, not {len(values)}")
        if not all(map(math.isfinite, values)):
            raise ChannelValueError(f"{spec.path}.{spec.kind} can't be set to {list(values)}: not finite")

    def _unit(self, index: int, values: Sequence[float]) -> Quat:
        w, x, y, z = values
        length = math.sqrt(w * w + x * x + y * y + z * z)
        if length < 1e-6:
            raise ChannelValueError(f"{self._specs[index].path}.pose: {list(values)} is no rotation")
        return (w / length, x / length, y / length, z / length)


def _reader(spec: ChannelSpec, place: JointPlace | BodyPlace) -> _Read:
    if isinstance(place, BodyPlace):
        free = place
        if spec.kind is ChannelKind.TWIST:
            return lambda memory: read_twist(memory, free)
        if place.position >= 0:
            first, end = place.position, place.position + 7
            return lambda memory: memory.qpos[first:end].tolist()
        body = place.body
        return lambda memory: memory.xpos[body].tolist() + memory.xquat[body].tolist()
    joint = place
    match spec.kind:
        case ChannelKind.POSITION:
            at = joint.position
            return lambda memory: [memory.qpos.item(at)]
        case ChannelKind.VELOCITY:
            at = joint.dof
            return lambda memory: [memory.qvel.item(at)]
        case _:
            return lambda memory: [memory.effort(joint)]


def _picked(
    specs: Sequence[ChannelSpec], places: Sequence[JointPlace | BodyPlace], positions: int, velocities: int
) -> Callable[[list[float]], list[float]] | None:
    """Picks channels out of all positions followed by all velocities; None: they aren't all there.

    One look at the whole state costs less than one at each channel, unless they are few in a large model.
    """
    wanted = []
    for spec, place in zip(specs, places, strict=True):
        if not isinstance(place, JointPlace) or spec.kind is ChannelKind.EFFORT:
            return None
        wanted.append(place.position if spec.kind is ChannelKind.POSITION else positions + place.dof)
    if not wanted or positions + velocities > _LARGE * len(wanted):
        return None
    if wanted == list(range(positions + velocities)):
        return lambda numbers: numbers
    if len(wanted) == 1:
        only = wanted[0]
        return lambda numbers: [numbers[only]]
    pick = itemgetter(*wanted)
    return lambda numbers: list(pick(numbers))


def unit_of(spec: ChannelSpec, place: JointPlace | BodyPlace) -> str:
    """SI unit of a channel; a pose is in m and a unit quaternion, a twist in m/s and rad/s."""
    if isinstance(place, BodyPlace):
        return "m/s" if spec.kind is ChannelKind.TWIST else "m"
    angular = place.unit == "rad"
    return {
        ChannelKind.POSITION: place.unit,
        ChannelKind.VELOCITY: f"{place.unit}/s",
        ChannelKind.EFFORT: "N*m" if angular else "N",
    }[spec.kind]
