"""The development issuer (`hanzo_twin.issuer`): tokens for this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from hanzo_twin.issuer.config import Client, IssuerConfig
from hanzo_twin.stack import probes
from hanzo_twin.stack.files import write_private
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.part import Part
from hanzo_twin.stack.ports import HOST
from hanzo_twin.stack.secrets import Secrets

PORTS = {"issuer": 8083}

DEVELOPER = "developer"
"""The client for people: it may ask for any organisation and role."""


def url(port: int) -> str:
    """How it is reached, and what its tokens name as their issuer."""
    return f"http://{HOST}:{port}"


def part(
    home: Home, secrets: Secrets, organization: str, services: Iterable[str], ports: dict[str, int]
) -> Part:
    """The issuer of a home; its key and the clients' secrets outlive it.

    Args:
        home: the stack's folder.
        secrets: of its clients.
        organization: the platform's own.
        services: whose processes have tokens of their own.
        ports: where it listens.
    """
    config = home.run / "issuer.json"
    clients = {name: Client(secrets.client(name), organization, "twin-service") for name in services}
    clients[DEVELOPER] = Client(secrets.client(DEVELOPER), organization, "twin-admin", chooses=True)
    described = IssuerConfig(
        url(ports["issuer"]), ports["issuer"], str(home.data / "issuer" / "private-key.pem"), clients
    )
    return Part(
        name="issuer",
        argv=(sys.executable, "-m", "hanzo_twin.issuer", str(config)),
        ready=lambda: probes.issuer(ports["issuer"]),
        address=url(ports["issuer"]),
        ports=ports,
        prepare=lambda: write_private(config, described.dumps()),
        stop_within_s=3.0,
    )
