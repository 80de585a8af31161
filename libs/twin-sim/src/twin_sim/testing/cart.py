"""A cart on a rail as a `Foldable` whose motion is known in closed form: x'' = (input + command) / mass.

Between two events the force is constant, so x and v after any number of steps are exact up to rounding. Nothing here
knows about ticks, journals or engines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from struct import pack, unpack

from twin_schemas.records import (
    ChannelKind,
    JointCommand,
    JointMode,
    JointTarget,
    ParametersApplied,
    StateReset,
    TwinGenesis,
)
from twin_sim.fold import Carried, Moment, RefusedCommand, Seed


@dataclass(frozen=True)
class CartMoment:
    """A saved state: m, m/s, N, N, kg."""

    x: float
    v: float
    measured: float
    commanded: float
    mass: float

    def to_bytes(self) -> bytes:
        """The state without the mass."""
        return pack("<4d", self.x, self.v, self.measured, self.commanded)


class Cart:
    """Channels: 0 position, 1 velocity (both observed), 2 effort (input)."""

    def __init__(self, mass: float = 2.0) -> None:
        """At rest at the origin."""
        self.now = CartMoment(0.0, 0.0, 0.0, 0.0, mass)
        self.timestep = 0.0
        self.steps_done = 0

    def _set(self, **changes: float) -> None:
        self.now = CartMoment(**{**self.now.__dict__, **changes})

    def apply(self, command: JointCommand | ParametersApplied | StateReset) -> None:
        """See `Foldable.apply`."""
        self.check(command)
        match command:
            case JointCommand(targets=targets):
                self._set(commanded=targets[0].value)
            case ParametersApplied(overrides=overrides):
                self._set(mass=overrides["/Cart.mass"])
            case StateReset(values=values, to_initial=to_initial):
                if to_initial:
                    self._set(x=0.0, v=0.0, measured=0.0, commanded=0.0)
                self._set(
                    x=values.get("/Rail.position", [self.now.x])[0],
                    v=values.get("/Rail.velocity", [self.now.v])[0],
                )

    def check(self, command: JointCommand | ParametersApplied | StateReset) -> None:
        """See `Foldable.check`."""
        if isinstance(command, JointCommand) and command.targets[0].joint != "/Rail":
            raise RefusedCommand("unknown_joint", f"no joint {command.targets[0].joint}")

    def set_input(self, channel: int, values: Sequence[float]) -> None:
        """See `Foldable.set_input`."""
        assert channel == 2
        self._set(measured=values[0])

    def correct(self, channel: int, correction: Sequence[float]) -> None:
        """See `Foldable.correct`."""
        if channel == 0:
            self._set(x=self.now.x + correction[0])
        else:
            self._set(v=self.now.v + correction[0])

    def set_timestep(self, seconds: float) -> None:
        """See `Foldable.set_timestep`."""
        self.timestep = seconds

    def advance(self, steps: int) -> None:
        """See `Foldable.advance`."""
        self.steps_done += steps
        t = steps * self.timestep
        a = (self.now.measured + self.now.commanded) / self.now.mass
        self._set(x=self.now.x + self.now.v * t + 0.5 * a * t * t, v=self.now.v + a * t)

    def read(self) -> list[float]:
        """See `Foldable.read`."""
        return [self.now.x, self.now.v]

    def healthy(self) -> bool:
        """See `Foldable.healthy`."""
        return abs(self.now.x) < 1e12

    def save(self) -> CartMoment:
        """See `Foldable.save`."""
        return self.now

    def load(self, moment: Moment) -> None:
        """See `Foldable.load`."""
        assert isinstance(moment, CartMoment)
        self.now = moment

    def snapshot(self) -> bytes:
        """See `Foldable.snapshot`."""
        return self.now.to_bytes()

    def restore(self, state: bytes) -> None:
        """See `Foldable.restore`."""
        x, v, measured, commanded = unpack("<4d", state)
        self._set(x=x, v=v, measured=measured, commanded=commanded)

    def carried(self, moment: Moment) -> Carried:
        """See `Foldable.carried`."""
        assert isinstance(moment, CartMoment)
        target = JointTarget("/Rail", JointMode.EFFORT, moment.commanded)
        return Carried({"/Rail.position": [moment.x], "/Rail.velocity": [moment.v]}, [target])

    def take_over(self, carried: Carried) -> None:
        """See `Foldable.take_over`."""
        values = carried.values
        self._set(x=values["/Rail.position"][0], v=values["/Rail.velocity"][0])
        for target in carried.targets:
            self._set(commanded=target.value)

    def digest(self) -> bytes:
        """See `Foldable.digest`."""
        return blake2b(self.snapshot(), digest_size=16).digest()

    def seed(self, moment: Moment) -> Seed:
        """See `Foldable.seed`."""
        timestep = self.timestep

        def opened() -> Cart:
            twin = type(self)()
            twin.load(moment)
            twin.timestep = timestep
            return twin

        return opened

    def close(self) -> None:
        """See `Foldable.close`."""


def open_cart(genesis: TwinGenesis, overrides: Mapping[str, float]) -> Cart:
    """The `OpenTwin` of carts; the only parameter is `/Cart.mass`."""
    assert [c.kind for c in genesis.channels] == [
        ChannelKind.POSITION,
        ChannelKind.VELOCITY,
        ChannelKind.EFFORT,
    ]
    return Cart(overrides.get("/Cart.mass", 2.0))
