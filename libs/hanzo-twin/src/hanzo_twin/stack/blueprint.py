"""From a plan to parts: chooses the ports, and with them the connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hanzo_twin.stack import ports, services
from hanzo_twin.stack.connection import Connection
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.part import Part
from hanzo_twin.stack.parts import issuer, kafka, mosquitto, postgres, seaweedfs
from hanzo_twin.stack.parts.kafka_image import find_image
from hanzo_twin.stack.plan import PARTS, Plan
from hanzo_twin.stack.ports import HOST
from hanzo_twin.stack.secrets import Secrets

CHECK = {
    "kafka": "topics",
    "mosquitto": "mqtt",
    "postgres": "database",
    "seaweedfs": "buckets",
    "issuer": "issuer",
}
"""The step of `hanzo_twin.stack.provision` that shows that a part of somebody else's answers."""

_PORTS: Mapping[str, Mapping[str, int]] = {
    "mosquitto": mosquitto.PORTS,
    "postgres": postgres.PORTS,
    "seaweedfs": seaweedfs.PORTS,
    "issuer": issuer.PORTS,
}


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The parts that the stack itself is to run, and how they are reached.

    Attributes:
        home: the stack's folder.
        connection: all parts, external ones, too.
        parts: in the order of `PARTS`; those that somebody else runs aren't here.
    """

    home: Home
    connection: Connection
    parts: tuple[Part, ...]


def draw(home: Home, plan: Plan, secrets: Secrets, before: Mapping[str, int]) -> Blueprint:
    """Choose ports for the plan's own parts and describe them.

    Args:
        home: the stack's folder.
        plan: what shall run.
        secrets: passwords of its own parts.
        before: ports of the last run, taken again where they are free.

    Raises:
        ToolMissing: a program isn't on this machine.
        StackError: the home's Kafka has another number of nodes.
    """
    own = [name for name in PARTS if name in plan.parts and plan.external.address(name) is None]
    cluster = kafka.Cluster(plan.brokers, plan.listeners)
    known = {**_PORTS, "kafka": cluster.ports()}
    wanted = {name: _usual(plan, port) for part in own for name, port in known[part].items()}
    chosen = ports.choose(wanted | {"api": _usual(plan, services.API_PORT)}, before)
    of = {part: {name: chosen[name] for name in known[part]} for part in own}
    makers: dict[str, Callable[[], Part]] = {
        "mosquitto": lambda: mosquitto.part(home, of["mosquitto"]),
        "postgres": lambda: postgres.part(home, secrets.database, of["postgres"]),
        "seaweedfs": lambda: seaweedfs.part(home, secrets.storage, of["seaweedfs"]),
        "issuer": lambda: issuer.part(home, secrets, plan.organization, services.usual(), of["issuer"]),
    }
    nodes = kafka.parts(home, find_image(), cluster, of["kafka"]) if "kafka" in own else ()
    rest = (makers[name]() for name in own if name != "kafka")
    return Blueprint(home, _connection(home, plan, secrets, chosen, cluster), (*nodes, *rest))


def _connection(
    home: Home, plan: Plan, secrets: Secrets, chosen: Mapping[str, int], cluster: kafka.Cluster
) -> Connection:
    external = plan.external
    own_store = external.storage_endpoint is None
    # A part that isn't wanted keeps its usual address: nobody answers there, and errors name it.
    at = (
        {name: port for part in _PORTS.values() for name, port in part.items()}
        | cluster.ports()
        | dict(chosen)
    )
    return Connection(
        home=home.root,
        brokers=external.brokers or cluster.addresses(at),
        mqtt_url=external.mqtt_url or f"mqtt://{HOST}:{at['mqtt']}",
        database_url=external.database_url or postgres.url(secrets.database, at["postgres"]),
        storage_endpoint=external.storage_endpoint or f"http://{HOST}:{at['s3']}",
        storage_access_key=seaweedfs.ACCESS_KEY if own_store else external.storage_access_key,
        storage_secret_key=secrets.storage if own_store else external.storage_secret_key,
        api_url=f"http://{HOST}:{chosen['api']}",
        **_identity(plan, secrets, at["issuer"]),
    )


def _identity(plan: Plan, secrets: Secrets, port: int) -> dict[str, str]:
    """What the connection says of the issuer."""
    if plan.external.issuer_url is not None:
        return {"issuer_url": plan.external.issuer_url}
    if "issuer" not in plan.parts:
        return {}
    return {
        "issuer_url": issuer.url(port),
        "developer_client_id": issuer.DEVELOPER,
        "developer_client_secret": secrets.client(issuer.DEVELOPER),
    }


def _usual(plan: Plan, port: int) -> int:
    """A port as it is to be asked for; a stack that belongs to a process leaves the well-known ones to others.

    Two stacks that start at the same moment would both find a usual port free.
    """
    return port if plan.owner is None else 0


def draw_services(
    home: Home, plan: Plan, connection: Connection, secrets: Secrets, before: Mapping[str, int]
) -> tuple[Part, ...]:
    """The service processes that a plan asks for.

    Args:
        home: the stack's folder.
        plan: what shall run.
        connection: the parts that they use.
        secrets: with those of their own at the issuer.
        before: their metrics ports of the last run, by process name.
    """
    asked = list(services.instances(plan.services))
    usual = {name: _usual(plan, 9101 + index) for index, (_, name) in enumerate(asked)}
    chosen = ports.choose({name: port for name, port in usual.items() if name not in before}, {})
    chosen |= {name: port for name, port in before.items() if name in usual}
    return tuple(
        services.part(
            service,
            name,
            home,
            chosen[name],
            connection,
            _credentials(plan, secrets, service.name)
            | plan.variables
            | services.variables_of(service, name, plan.variables_of),
        )
        for service, name in asked
    )


def _credentials(plan: Plan, secrets: Secrets, service: str) -> dict[str, str]:
    """How a service's processes have tokens of their own from the stack's issuer."""
    variables = {"HANZO_TWIN_SECURITY_ORGANIZATION": plan.organization}
    if "issuer" in plan.parts and plan.external.issuer_url is None:
        variables |= {
            "HANZO_TWIN_AUTH_CLIENT_ID": service,
            "HANZO_TWIN_AUTH_CLIENT_SECRET": secrets.client(service),
        }
    return variables
