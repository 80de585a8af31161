"""Why a twin can't start; each carries the code that its status shows."""


class WorkerError(Exception):
    """Base of everything that the worker raises on purpose."""


class StartError(WorkerError, ValueError):
    """A twin can't be started as it is specified; trying again changes nothing.

    Attributes:
        code: stable code for the status, e.g. `unknown_prim`.
        message: what is wrong and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        """Name the code and say what to do."""
        super().__init__(message)
        self.code = code
        self.message = message


class UnknownEngine(StartError):
    """The definition asks for an engine that isn't installed or enabled here."""


class SceneBroken(StartError):
    """The scene can't be read or doesn't compile."""


class BadMapping(StartError):
    """The definition's mapping doesn't fit the scene."""


class AdmissionRefused(StartError):
    """The twin is too heavy for what this worker has left.

    Attributes:
        share: of a core that it would need.
    """

    def __init__(self, code: str, message: str, share: float) -> None:
        """Name what it needs, beside code and remedy."""
        super().__init__(code, message)
        self.share = share


class Stalled(WorkerError, TimeoutError):
    """The process stood still for so long that the partitions may be another worker's."""


class Unacknowledged(WorkerError, ConnectionError):
    """A prediction was not acknowledged; what was folded since the last checkpoint has to be folded again."""


class TooLarge(WorkerError, ValueError):
    """What a fold said fits no record of its topic; said again, it would be as large."""


class CheckpointUnusable(WorkerError, ValueError):
    """A checkpoint's bytes don't have their digest, or can't be read."""
