"""A twin that a physics engine simulates, behind the fold's protocol."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin_schemas.records import ChannelKind, JointCommand, ParametersApplied, StateReset
from twin_sim.engines import api
from twin_sim.fold.carrying import carried, take_over
from twin_sim.fold.errors import RefusedCommand
from twin_sim.fold.foldable import Carried, Command, Foldable, Seed
from twin_sim.fold.foldable import Moment as AnyMoment
from twin_sim.fold.layout import ChannelLayout


class Moment(NamedTuple):
    """A saved engine state and the model it belongs to."""

    model: api.Model
    vector: NDArray[np.float64]

    def to_bytes(self) -> bytes:
        """The engine state, little endian."""
        return self.vector.tobytes()


class PhysicsTwin:
    """An engine's simulation as a `Foldable`.

    Parameter versions are models of their own, never changed (journal rule 26). A moment names its model, so going
    back to one before a parameter change opens a simulation of that model again.
    """

    def __init__(
        self,
        base: api.Model,
        layout: ChannelLayout,
        timestep: float,
        simulation: api.Simulation,
        initial: Moment | None = None,
    ) -> None:
        """Wrap a simulation; use `opened` or `seed`."""
        self._base = base
        self._layout = layout
        self._timestep = timestep
        self._model = simulation.model
        self._open(simulation)
        self._initial = initial or self.save()

    @classmethod
    def opened(
        cls,
        base: api.Model,
        layout: ChannelLayout,
        timestep: float,
        overrides: Mapping[str, float] | None = None,
    ) -> "PhysicsTwin":
        """Begin at the model's initial state.

        Args:
            base: the model without overrides.
            layout: channel table; every channel must exist in the model.
            timestep: s.
            overrides: parameters in force.

        Raises:
            ChannelError: the model has no such prim or channel.
            ParameterError: the model has no such parameter.
        """
        model = base.with_parameters(overrides) if overrides else base
        # the initial state is the base's, whatever is in force: a free body's depends on its centre of mass
        twin = cls(base, layout, timestep, base.simulate(timestep))
        twin._switch(model)
        return twin

    def _open(self, simulation: api.Simulation) -> None:
        self._simulation = simulation
        channels = self._layout.channels
        specs = [api.ChannelSpec(c.path, api.ChannelKind(c.kind.value)) for c in channels]
        self._view = simulation.bind(specs)
        self._observed = simulation.bind(
            [spec for index, spec in enumerate(specs) if not self._layout.is_input(index)]
        )

    def _switch(self, model: api.Model) -> None:
        if model is self._model:
            return
        self._simulation.close()
        self._model = model
        self._open(model.simulate(self._timestep))

    def apply(self, command: Command) -> None:
        """Act on a command; see `Foldable.apply`."""
        match command:
            case JointCommand(targets=[]):
                raise RefusedCommand("bad_joint_command", "it names no joint; give it at least one target")
            case JointCommand(targets=targets):
                wanted = api.JointCommand(
                    tuple(api.JointTarget(t.joint, api.JointMode(t.mode.value), t.value) for t in targets)
                )
                try:
                    self._simulation.set_joint_command(targets[0].joint, wanted)
                except (ValueError, KeyError) as error:
                    raise RefusedCommand("bad_joint_command", _text(error)) from error
            case ParametersApplied(overrides=overrides):
                state = self.save()
                self._switch(self._with(overrides))
                self._simulation.load(state.vector)
            case StateReset():
                self._reset(command)

    def check(self, command: Command) -> None:
        """Try a command and take it back; see `Foldable.check`."""
        if isinstance(command, ParametersApplied):
            self._with(command.overrides)
            return
        before = self.save()
        try:
            self.apply(command)
        finally:
            self.load(before)

    def _with(self, overrides: Mapping[str, float]) -> api.Model:
        try:
            return self._base.with_parameters(overrides)
        except (ValueError, KeyError) as error:
            raise RefusedCommand("bad_parameters", _text(error)) from error

    def _reset(self, command: StateReset) -> None:
        before = self.save()
        if command.to_initial:
            self._simulation.load(self._initial.vector)
        paths = list(command.values)
        try:
            view = self._simulation.bind([_spec(path) for path in paths])
            for index, path in enumerate(paths):
                view.write(index, command.values[path])
        except (ValueError, KeyError) as error:
            self.load(before)
            raise RefusedCommand("bad_reset", _text(error)) from error

    def set_input(self, channel: int, values: Sequence[float]) -> None:
        """Hold an input."""
        self._view.write(channel, values)

    def correct(self, channel: int, correction: Sequence[float]) -> None:
        """Shift a channel of the state; one that follows from others is compared only (journal rule 20)."""
        if self._view.writable(channel):
            self._view.add(channel, correction)

    def set_timestep(self, seconds: float) -> None:
        """Length of one engine step, s."""
        if seconds != self._timestep:
            self._timestep = seconds
            self._simulation.set_timestep(seconds)

    def advance(self, steps: int) -> None:
        """Advance by engine steps."""
        self._simulation.step(steps)

    def read(self) -> list[float]:
        """Observed channels, flattened."""
        return self._observed.read_flat()

    def healthy(self) -> bool:
        """False after a divergence."""
        return self._simulation.healthy()

    def save(self) -> Moment:
        """The present moment."""
        vector = np.empty(self._simulation.state_size)
        self._simulation.save(vector)
        return Moment(self._model, vector)

    def load(self, moment: AnyMoment) -> None:
        """Back to a moment, its model included."""
        assert isinstance(moment, Moment)
        self._switch(moment.model)
        self._simulation.load(moment.vector)

    def snapshot(self) -> bytes:
        """Engine state for a checkpoint."""
        return self.save().to_bytes()

    def restore(self, state: bytes) -> None:
        """Engine state from a checkpoint.

        Raises:
            ValueError: it was taken from another model.
        """
        vector = np.frombuffer(state).copy()
        if vector.size != self._simulation.state_size:
            raise ValueError(
                f"engine state has {vector.size} numbers, its model {self._simulation.state_size}"
            )
        self._simulation.load(vector)

    def carried(self, moment: AnyMoment) -> Carried:
        """A moment for another build; see `Foldable.carried`."""
        assert isinstance(moment, Moment)
        scratch = moment.model.simulate(self._timestep)
        try:
            scratch.load(moment.vector)
            return carried(scratch)
        finally:
            scratch.close()

    def take_over(self, carried: Carried) -> None:
        """Go on from another build's state; see `Foldable.take_over`."""
        take_over(self._simulation, carried)

    def digest(self) -> bytes:
        """16 bytes of the engine state and the model's name."""
        return blake2b(self.snapshot() + self._model.digest.encode(), digest_size=16).digest()

    def seed(self, moment: AnyMoment) -> Seed:
        """An independent copy at a moment, for another thread; see `Foldable.seed`."""
        assert isinstance(moment, Moment)
        base, layout, timestep, initial = self._base, self._layout, self._timestep, self._initial

        def opened() -> Foldable:
            twin = PhysicsTwin(base, layout, timestep, moment.model.simulate(timestep), initial)
            twin.load(moment)
            return twin

        return opened

    def close(self) -> None:
        """Release the simulation."""
        self._simulation.close()


def _spec(path: str) -> api.ChannelSpec:
    prim, _, kind = path.rpartition(".")
    if kind not in {member.value for member in ChannelKind}:
        known = ", ".join(member.value for member in ChannelKind)
        raise ValueError(f"{path}: expected '<USD path>.<kind>' with a kind of {known}")
    return api.ChannelSpec(prim, api.ChannelKind(kind))


def _text(error: Exception) -> str:
    return str(error.args[0]) if error.args else str(error)
