"""What can go wrong for someone who uses twins; each error is also the builtin that it is.

Every error knows the exit code of the command line:

| code | means |
|---|---|
| 0 | done |
| 1 | something else failed; the message says what |
| 2 | the command line, a profile, a setting or a definition is wrong, or names what isn't there |
| 3 | refused: no token or no right, a name that is taken, a twin that runs already, a scene in use |
| 4 | the API, a service, the broker or the object store doesn't answer, or not in time |
| 5 | it ran, but what came out isn't right: frames lost, repeats that differ, a twin that failed, an unfit scene |
| 130 | stopped by Ctrl-C |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class HanzoTwinError(Exception):
    """Base of every error that this library raises on purpose.

    Attributes:
        exit_code: of the command line.
    """

    exit_code: ClassVar[int] = 1


class TwinUnknown(HanzoTwinError, LookupError):
    """No twin has this name or UUID."""

    exit_code = 2

    def __init__(self, ref: str, known: tuple[str, ...] = ()) -> None:
        there = ", ".join(known) if known else "none; create one with `hanzo-twin run TWIN.yaml`"
        super().__init__(f"there is no twin {ref!r}. There are: {there}")


class TwinDiffers(HanzoTwinError, ValueError):
    """A twin of this name exists with another definition or scene."""

    exit_code = 2


class ControlCommandRefused(HanzoTwinError, ValueError):
    """A service refused a control command.

    Attributes:
        command: record type of the command.
        code: short, stable, machine-readable reason.
        field: path in the definition, or None.
        line: line in the definition, or None.
    """

    exit_code = 3

    def __init__(
        self, command: str, code: str, message: str, field: str | None = None, line: int | None = None
    ) -> None:
        place = f" {field}" if field else ""
        place += f" (line {line})" if line else ""
        super().__init__(f"{command} was refused, {code}{':' if place else ''}{place}: {message}")
        self.command = command
        self.code = code
        self.field = field
        self.line = line


class NoAnswer(HanzoTwinError, TimeoutError):
    """A service didn't answer in time; the command may still be carried out.

    Attributes:
        service: which one.
    """

    exit_code = 4

    def __init__(self, service: str, what: str, seconds: float) -> None:
        super().__init__(
            f"{service} did not answer within {seconds:g} s: {what}. See whether it runs with "
            f"`hanzo-twin dev status`, and what it says with `hanzo-twin dev logs {service}`"
        )
        self.service = service


_NEXT = {
    "failed": "Correct what is wrong with `hanzo-twin update {name}` and start it again with `hanzo-twin start {name}`",
    "parked": "To begin anew from the scene's initial state: `hanzo-twin start {name}`",
}


class TwinFailed(HanzoTwinError, RuntimeError):
    """A worker can't run the twin, or has parked it.

    Attributes:
        code: short, stable, machine-readable reason.
    """

    exit_code = 5

    def __init__(self, name: str, phase: str, code: str, message: str) -> None:
        super().__init__(
            f"twin {name} is {phase}, {code}: {message.rstrip('.')}. {_NEXT[phase].format(name=name)}"
        )
        self.code = code


class DemoFailed(HanzoTwinError, RuntimeError):
    """The demo ran, but what it was to show isn't so."""

    exit_code = 5


class CheckpointUnusable(HanzoTwinError, ValueError):
    """A checkpoint doesn't lead to a fold state."""

    exit_code = 5


class MomentUnknown(HanzoTwinError, ValueError):
    """What should name a moment of the past is neither an offset nor a time."""

    exit_code = 2

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text!r} is no moment: give a journal offset such as 120431, or a time such as 2026-11-21T12:20:26Z"
        )


class NoSuchMoment(HanzoTwinError, LookupError):
    """A twin had no state at that moment: its first incarnation began later."""

    exit_code = 2

    def __init__(self, name: str) -> None:
        super().__init__(f"twin {name} had not begun by then; its journal's genesis says when it did")


class BuildUnusable(HanzoTwinError, RuntimeError):
    """The Python environment of another build can't fold a journal."""

    exit_code = 2

    def __init__(self, python: str, why: str) -> None:
        super().__init__(
            f"{python} {why}; give the python of an environment in which that build is installed"
        )


class BuildNeeded(HanzoTwinError, RuntimeError):
    """Incarnations of a journal can be verified only with the build that their genesis names.

    Attributes:
        lacking: by incarnation, in what the builds that there are differ from it.
    """

    exit_code = 6

    def __init__(self, name: str, lacking: Mapping[int, str]) -> None:
        which = "; ".join(f"incarnation {number}: {what}" for number, what in lacking.items())
        super().__init__(
            f"twin {name} was begun with another build ({which}): install the release that it names in an environment "
            "of its own, on a machine with that CPU, and give its python: --with old/bin/python"
        )
        self.lacking = dict(lacking)


class ReplayDiffers(HanzoTwinError, ValueError):
    """A journal doesn't fold to what the workers emitted.

    Attributes:
        tick: the first tick that differs; -1: the difference is in no frame.
    """

    exit_code = 5

    def __init__(self, name: str, tick: int, offset: int, against: str, detail: str) -> None:
        super().__init__(
            f"twin {name} differs from {against} first at tick {tick} (journal offset {offset}): {detail}. Was it "
            f"begun with this engine build on this CPU? Its genesis names both"
        )
        self.tick = tick
