"""Commands to running twins, on the partition that their placement names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hanzo_twin.bus.topics import Topics
from twin_common.bus.api import Producer
from twin_common.bus.envelope import Envelope
from twin_common.identity import NoTokens, TokenSource
from twin_common.ids import uuid7
from twin_schemas.codec import encode
from twin_schemas.records import (
    ApplyParameters,
    JointMode,
    JointTarget,
    ResetState,
    SetJointCommand,
    SetRate,
    TwinSpec,
)

SimCommand = SetJointCommand | ApplyParameters | ResetState | SetRate


class SimCommands:
    """Publishes to `sim.commands`. Each call returns the command's id.

    The broker's acknowledgement is all that a call waits for: whether the fold took the command is said by a
    `CommandApplied` or `CommandRefused` with its id in `control.events`. A repeated id is dropped.
    """

    def __init__(
        self, topics: Topics, producer: Producer, source: str, tokens: TokenSource | None = None
    ) -> None:
        """Publish in the name of `source` through `producer`, which stays the caller's to close.

        `tokens` prove to the sync engine who asks; without any, it takes commands only where it verifies none.
        """
        self._tokens = tokens or NoTokens()
        self._topics = topics
        self._producer = producer
        self._source = source

    async def set_joint_command(
        self,
        spec: TwinSpec,
        targets: Mapping[str, tuple[JointMode, float]],
        *,
        effect_time_ns: int | None = None,
        command_id: str | None = None,
    ) -> str:
        """Give joints their set points: USD path to mode and value (rad or m, rad/s or m/s, N m or N).

        Args:
            spec: the twin.
            targets: at least one.
            effect_time_ns: when to act, ns since the Unix epoch; at once for None.
            command_id: a fresh one for None.

        Raises:
            ValueError: there are no targets.
        """
        if not targets:
            raise ValueError("a joint command needs at least one target")
        listed = [JointTarget(joint, mode, value) for joint, (mode, value) in targets.items()]
        return await self._send(
            spec, SetJointCommand(spec.twin, command_id or uuid7(), listed, effect_time_ns=effect_time_ns)
        )

    async def apply_parameters(
        self,
        spec: TwinSpec,
        overrides: Mapping[str, float],
        *,
        effect_time_ns: int | None = None,
        command_id: str | None = None,
    ) -> str:
        """Replace all parameter overrides of a twin by these (SI units)."""
        command = ApplyParameters(
            spec.twin, command_id or uuid7(), "", dict(overrides), effect_time_ns=effect_time_ns
        )
        return await self._send(spec, command)

    async def reset_state(
        self,
        spec: TwinSpec,
        values: Mapping[str, Sequence[float]] | None = None,
        *,
        to_initial: bool = True,
        effect_time_ns: int | None = None,
        command_id: str | None = None,
    ) -> str:
        """Set a twin's state: back to the scene's unless told otherwise, then `values` by '<path>.<kind>'."""
        given = {path: list(numbers) for path, numbers in (values or {}).items()}
        command = ResetState(
            spec.twin, command_id or uuid7(), to_initial, given, effect_time_ns=effect_time_ns
        )
        return await self._send(spec, command)

    async def set_rate(
        self, spec: TwinSpec, rate_num: int, rate_den: int = 1, *, reason: str, command_id: str | None = None
    ) -> str:
        """Let a twin tick `rate_num / rate_den` times a second."""
        return await self._send(spec, SetRate(spec.twin, command_id or uuid7(), rate_num, rate_den, reason))

    async def _send(self, spec: TwinSpec, command: SimCommand) -> str:
        envelope = Envelope.new(
            type=type(command).__name__,
            source=self._source,
            org=spec.org,
            subject=spec.twin,
            actor=self._source,
            correlation_id=command.command_id,
            token=await self._tokens.token(),
        )
        at = self._topics.of_twin("sim.commands", spec)
        await self._producer.send(
            at.topic,
            partition=at.partition,
            key=spec.twin.encode(),
            value=encode(command),
            headers=envelope.headers(),
        )
        return command.command_id
