"""Which commands were taken, and what each of them asked for (journal rule 5)."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from sync_engine.errors import CommandRejected
from twin_schemas.records import (
    ApplyParameters,
    Grid,
    GridSegment,
    JointCommand,
    ParametersApplied,
    ResetState,
    SetJointCommand,
    SetRate,
    StateReset,
)

Command = SetJointCommand | ApplyParameters | ResetState | SetRate
Sequenced = JointCommand | ParametersApplied | StateReset
Kept = Sequenced | GridSegment
"""What of a journal says that a command was taken."""


@dataclass(frozen=True, slots=True)
class _Taken:
    content: bytes
    digest: str | None
    grid: Grid | None


class TakenCommands:
    """The newest commands of one twin by id; what is read in a journal counts as what was taken by oneself."""

    def __init__(self, window: int, found: Iterable[Kept] = ()) -> None:
        """Remember `window` ids, those of these journal records first, oldest first."""
        self._window = window
        self._by_id: OrderedDict[str, _Taken] = OrderedDict()
        for record in found:
            self.remember(record)

    def has(self, command: Command, digest: str | None = None) -> bool:
        """Whether the command was taken before.

        Args:
            command: what is asked.
            digest: names the request that it stands for; None: only what it asks for is compared.

        Raises:
            CommandRejected: one with its id was, and asked for something else.
        """
        taken = self._by_id.get(command.command_id)
        if taken is None:
            return False
        is_other = taken.digest is not None and digest is not None and taken.digest != digest
        if is_other or taken.content != content(command):
            raise CommandRejected(
                "idempotency_conflict",
                "the idempotency key was used for another request; send this one with a new key",
            )
        return True

    def remember(self, record: Kept, digest: str | None = None) -> None:
        """A command was taken. One that was refused isn't: whoever sends it again is to be answered again."""
        if record.command_id is None:  # a segment that nobody asked for
            return
        grid = record.grid if isinstance(record, GridSegment) else None
        self._by_id[record.command_id] = _Taken(content(record), digest, grid)
        if len(self._by_id) > self._window:
            self._by_id.popitem(last=False)

    def grid(self, command_id: str) -> Grid | None:
        """The segment that a rate became; None: unknown."""
        taken = self._by_id.get(command_id)
        return taken.grid if taken is not None else None


def content(asked: Command | Kept) -> bytes:
    """Names what a command asks for; its journal record has the same."""
    match asked:
        case SetJointCommand() | JointCommand():
            what = repr(("joints", asked.effect_time_ns, asked.targets))
        case ApplyParameters() | ParametersApplied():
            overrides = sorted(asked.overrides.items())
            what = repr(("parameters", asked.effect_time_ns, asked.model_digest, overrides))
        case ResetState() | StateReset():
            values = sorted(asked.values.items())
            what = repr(("reset", asked.effect_time_ns, asked.to_initial, values))
        case SetRate():
            what = repr(("rate", asked.rate_num, asked.rate_den))
        case GridSegment():
            what = repr(("rate", asked.grid.rate_num, asked.grid.rate_den))
    return blake2b(what.encode(errors="surrogatepass"), digest_size=16).digest()
