"""The platform's own processes. A new service is one line in `SERVICES`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from hanzo_twin.stack import probes
from hanzo_twin.stack.connection import Connection
from hanzo_twin.stack.errors import ToolMissing
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.part import Part
from hanzo_twin.stack.ports import HOST

API_PORT = 8082
"""Where the REST API usually listens."""


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of process.

    Attributes:
        name: of the console script that runs it.
        count: how many run unless somebody says otherwise.
        identity: the variable with the name that the process keeps over restarts.
        variables: others, as a function of the instance's name and the home.
        door: it serves the REST API; all of its processes do so at the connection's address.
    """

    name: str
    count: int
    identity: str
    variables: Callable[[str, Home], Mapping[str, str]] = field(default=lambda _name, _home: {})
    door: bool = False

    def instance(self, index: int) -> str:
        """The name of one process: numbered from 0 where several are usual, else from the second on."""
        return self.name if self.count == 1 and index == 0 else f"{self.name}-{index}"


def _worker_folder(_name: str, home: Home) -> Mapping[str, str]:
    # one for all of them: a worker that takes over must know where the one before crashed
    return {"HANZO_TWIN_SIM_WORKER_STATE_DIR": str(home.data / "sim-worker")}


SERVICES = (
    Service("scene-manager", 1, "HANZO_TWIN_SCENE_MANAGER_MANAGER_ID"),
    Service("sync-engine", 1, "HANZO_TWIN_SYNC_ENGINE_WRITER_ID"),
    Service("archivist", 1, "HANZO_TWIN_SYNC_ENGINE_ARCHIVIST_ID"),
    Service("sim-worker", 2, "HANZO_TWIN_SIM_WORKER_WORKER_ID", _worker_folder),
    Service("api-gateway", 1, "HANZO_TWIN_API_GATEWAY_GATEWAY_ID", door=True),
)


def usual() -> dict[str, int]:
    """How many processes of each kind run unless somebody says otherwise."""
    return {service.name: service.count for service in SERVICES}


def instances(counts: Mapping[str, int]) -> Iterator[tuple[Service, str]]:
    """Every process that the counts ask for: its kind and its name.

    Raises:
        KeyError: there is no such service.
    """
    known = {service.name: service for service in SERVICES}
    for name, count in counts.items():
        for index in range(count):
            yield known[name], known[name].instance(index)


def variables_of(service: Service, name: str, wanted: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What is wanted for one process: for all of its service, then for it alone."""
    return {**wanted.get(service.name, {}), **wanted.get(name, {})}


def part(
    service: Service, name: str, home: Home, port: int, connection: Connection, extra: Mapping[str, str]
) -> Part:
    """One process of a service.

    Args:
        service: its kind.
        name: its own name, which it keeps over restarts.
        home: the stack's folder.
        port: where it serves /metrics, /alive and /ready on loopback.
        connection: the parts that it uses.
        extra: further variables, which win over the stack's own.

    Raises:
        ToolMissing: the service isn't installed.
    """
    program = Path(sys.executable).with_name(service.name)
    if not program.exists():
        raise ToolMissing(f"the service {service.name} isn't installed; install it with: make setup")
    api = urlsplit(connection.api_url).port if service.door else None
    return Part(
        name=name,
        argv=(str(program),),
        ready=lambda: probes.service(port) and (api is None or probes.service(api)),
        address=f"http://{HOST}:{port}/metrics" if api is None else connection.api_url,
        ports={"metrics": port} | ({} if api is None else {"api": api}),
        shared=frozenset({"api"}),
        environment={
            **connection.environment(),
            "HANZO_TWIN_METRICS_HOST": HOST,
            "HANZO_TWIN_METRICS_PORT": str(port),
            service.identity: name,
            **service.variables(name, home),
            **(_door(api) if api is not None else {}),
            **lean(),
            **extra,
        },
        service=True,
        stop_within_s=10.0,
    )


def _door(port: int) -> dict[str, str]:
    """Where every gateway listens: who asks reaches any that lives, so one can go while another comes."""
    return {
        "HANZO_TWIN_SERVER_HOST": HOST,
        "HANZO_TWIN_SERVER_PORT": str(port),
        "HANZO_TWIN_SERVER_SHARE_PORT": "true",
        "HANZO_TWIN_SERVER_WORKERS": "1",  # each is a process, and on one machine memory is dearer than throughput
    }


def lean() -> dict[str, str]:
    """Variables that keep a process of numeric libraries small; what the user has set wins."""
    # BLAS pools of several processes take the cores from each other, and arenas for each thread the memory.
    usual = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    return {name: value for name, value in usual.items() if name not in os.environ}
