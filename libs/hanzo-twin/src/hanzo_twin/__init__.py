"""Digital twins that are a function of their journal: what a user installs.

`hanzo_twin.Client` and `hanzo_twin.AsyncClient` speak to the REST API and need no other package of the platform;
`hanzo_twin.bus` speaks to the bus (extra `bus`), `hanzo_twin.stack` is the whole platform on one machine (extra
`stack`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hanzo_twin.client import AsyncClient, Client

__all__ = ["AsyncClient", "Client"]


def __getattr__(name: str) -> Any:
    """Import a client when it is asked for: the command line starts without."""
    if name in __all__:
        from hanzo_twin import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
