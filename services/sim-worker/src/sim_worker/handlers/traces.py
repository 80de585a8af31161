"""Which trace a command belongs to, from the record that brings it to the frame in which it acts."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from twin_common.telemetry import record
from twin_schemas.records import CommandApplied, CommandRefused
from twin_sim.fold import Emitted

_REMEMBERED: Final = 256


class Traces:
    """The traced commands of one twin that haven't acted yet; the oldest are forgotten."""

    def __init__(self) -> None:
        """Begin with none."""
        self._waiting: OrderedDict[str, str] = OrderedDict()

    def __bool__(self) -> bool:
        """Whether any command waits."""
        return bool(self._waiting)

    def follow(self, command_id: str | None, trace: bytes) -> None:
        """A command came with a W3C trace context."""
        if command_id is not None:
            self._waiting[command_id] = trace.decode(errors="replace")
            if len(self._waiting) > _REMEMBERED:
                self._waiting.popitem(last=False)

    def acted(self, twin: str, emitted: Iterable[Emitted], began_ns: int, ended_ns: int) -> bytes | None:
        """What the fold said of a record: a command that acted makes an engine step of its trace.

        Returns:
            The trace context of the prediction that followed; None: no traced command acted.
        """
        context: str | None = None
        for said in emitted:
            if not isinstance(said, CommandApplied | CommandRefused):
                continue
            parent = self._waiting.pop(said.command_id, None)
            if parent is not None and isinstance(said, CommandApplied):
                context = record(
                    "engine step",
                    parent=parent,
                    start_ns=began_ns,
                    end_ns=ended_ns,
                    attributes={"twin": twin, "tick": said.tick, "step": said.step, "offset": said.offset},
                )
        return context.encode() if context is not None else None
