"""TCP ports on loopback: the usual ones, or free ones when those are taken."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from random import SystemRandom

HOST = "127.0.0.1"

_FIRST, _SPAN = 20_000, 10_000


def free(port: int, *, shared: bool = False) -> bool:
    """Whether nobody listens on a port; nobody but such as share it, if it is `shared`."""
    with socket.socket() as probe:
        # As servers do: connections of the last owner that are still closing don't matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
        try:
            probe.bind((HOST, port))
            if not shared:  # else it would get connections that are meant for the others
                probe.listen(1)
        except OSError:
            return False
        return True


def choose(wanted: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    """A free port for each name: the one it had before, else the wanted one, else any.

    Args:
        wanted: usual port of each name; 0: any.
        before: ports of the last run.
    """
    chosen: dict[str, int] = {}
    for name, usual in wanted.items():
        candidates = [port for port in (before.get(name, 0), usual) if port and port not in chosen.values()]
        chosen[name] = next((port for port in candidates if free(port)), 0) or _any(set(chosen.values()))
    return chosen


def _any(taken: set[int]) -> int:
    """A free port below those of outgoing connections; two stacks rarely try the same one."""
    start = SystemRandom().randrange(_SPAN)
    candidates = (_FIRST + (start + step) % _SPAN for step in range(_SPAN))
    return next(port for port in candidates if port not in taken and free(port))
