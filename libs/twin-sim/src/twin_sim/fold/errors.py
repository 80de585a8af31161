"""Why a journal can't be folded any further."""


class FoldError(Exception):
    """Base of everything the fold raises."""


class Unfoldable(FoldError, ValueError):
    """A journal record can't be applied; the twin parks before it.

    Attributes:
        code: stable code, e.g. `diverged`, `tick_out_of_order`.
    """

    def __init__(self, code: str, message: str) -> None:
        """Name the stable code and say what happened and what to do."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class RefusedCommand(FoldError, ValueError):
    """A command can't be taken; the twin goes on without it.

    Attributes:
        code: stable code, e.g. `unknown_joint`, `too_far_ahead`.
    """

    def __init__(self, code: str, message: str) -> None:
        """Name the stable code and say what happened and what to do."""
        super().__init__(message)
        self.code = code
        self.message = message
