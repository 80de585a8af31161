"""The engines that are installed: entry points of the group `hanzo_twin.engines`."""

from importlib.metadata import EntryPoint, entry_points

from twin_sim.engines.api import Engine
from twin_sim.errors import UnknownEngine

GROUP = "hanzo_twin.engines"


def installed_engines() -> tuple[str, ...]:
    """Names of the installed engines, sorted."""
    return tuple(sorted(_found()))


def load_engine(name: str) -> Engine:
    """The engine of a name.

    Raises:
        UnknownEngine: none of that name is installed; lists those that are.
    """
    found = _found()
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        raise UnknownEngine(f"no engine {name!r} is installed; installed: {known}")
    engine: Engine = found[name].load()
    return engine


def _found() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
