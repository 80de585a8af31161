"""What can go wrong with the stack of one machine; each error is also the builtin that it is."""

from __future__ import annotations

from hanzo_twin.errors import HanzoTwinError


class StackError(HanzoTwinError, RuntimeError):
    """Base of the stack's errors."""


class StackNotRunning(StackError, ConnectionError):
    """Nothing runs in this home."""

    exit_code = 4


class ToolMissing(StackError, FileNotFoundError):
    """A program or file that a part needs isn't on this machine; the message says how to get it."""


class PartFailed(StackError):
    """A part ended or never answered; the message has the last lines of its log.

    Attributes:
        part: its name.
        what: what became of it, as in "was killed by SIGKILL".
    """

    def __init__(self, part: str, what: str, log: str, tail: tuple[str, ...]) -> None:
        lines = "".join(f"\n    {line}" for line in tail) or " (it wrote nothing)"
        super().__init__(f"{part} {what}; the last lines of {log}:{lines}")
        self.part = part
        self.what = what


class ProvisioningFailed(StackError):
    """Topics, buckets or the database couldn't be made."""


class BadCount(StackError, ValueError):
    """That isn't a number of processes."""

    exit_code = 2


class PartUnknown(StackError, LookupError):
    """No part has this name."""

    exit_code = 2

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there is no part {name!r}; there are {', '.join(known) or 'none'}")
