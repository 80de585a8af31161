"""The errors of scenes and engines: each says what happened, where, and what to do next."""


class TwinSimError(Exception):
    """Base of everything that scenes and engines raise."""

    def __str__(self) -> str:
        """The message itself, also where the builtin (KeyError) would quote it."""
        return str(self.args[0]) if self.args else ""


class SceneError(TwinSimError, ValueError):
    """A scene can't be simulated.

    Attributes:
        path: USD path of the prim at fault; "" when it is the file.
        what: what is wrong with it.
        remedy: what to change.
    """

    def __init__(self, path: str, what: str, remedy: str) -> None:
        """Name the prim, what is wrong and what to change."""
        super().__init__(f"{path or 'scene'}: {what}. {remedy}")
        self.path = path
        self.what = what
        self.remedy = remedy


class ParameterError(TwinSimError, ValueError):
    """A parameter override names something the model doesn't have, or a value it can't take."""


class ChannelError(TwinSimError, KeyError):
    """A channel doesn't exist in the model."""


class ChannelValueError(TwinSimError, ValueError):
    """A channel can't be set so: derived, or the wrong number of values, or not finite."""


class UnknownJoint(TwinSimError, KeyError):
    """A command names a joint the model doesn't have."""


class JointCommandError(TwinSimError, ValueError):
    """A joint can't follow a target: no drive for it, or a value that isn't finite."""


class EngineError(TwinSimError, ValueError):
    """The engine refused the model or a setting."""


class UnknownEngine(TwinSimError, KeyError):
    """No engine of that name is installed."""


class StateMismatch(TwinSimError, ValueError):
    """A state was taken from another engine, build or model."""


class UnsupportedByEngine(TwinSimError, NotImplementedError):
    """The engine can't do this; its capabilities say so."""


class SimulationClosed(TwinSimError, RuntimeError):
    """The simulation was closed; fork or simulate a new one."""
