"""What the stack tells its issuer, in one private file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who may have tokens.

    Attributes:
        secret: proves that they are it.
        org: the organisation of their tokens.
        role: what they are there.
        chooses: whether they may ask for other organisations, roles and names.
    """

    secret: str
    org: str
    role: str
    chooses: bool = False


@dataclass(frozen=True, slots=True)
class IssuerConfig:
    """The issuer's configuration.

    Attributes:
        url: how it is reached, and what its tokens say as `iss`.
        port: where it listens on loopback.
        key_file: its private key; made at the first start.
        clients: by their ids.
    """

    url: str
    port: int
    key_file: str
    clients: dict[str, Client]

    def dumps(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read it from a file.

        Raises:
            OSError, ValueError, TypeError, KeyError: there is none, or it was written by somebody else.
        """
        values = json.loads(file.read_bytes())
        clients = {name: Client(**client) for name, client in values.pop("clients").items()}
        return cls(**values, clients=clients)
