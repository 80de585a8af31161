"""What shall run: the desired state that the supervisor carries out."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from hanzo_twin.stack.files import write_private
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.processes import ProcessId
from twin_common.settings import Settings

PARTS = ("kafka", "mosquitto", "postgres", "seaweedfs", "issuer")
"""The parts that the platform's services use."""


class External(BaseModel):
    """Parts that somebody else runs; None: the stack starts its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brokers: str | None = None
    mqtt_url: str | None = None
    database_url: str | None = None
    storage_endpoint: str | None = None
    storage_access_key: str = ""
    storage_secret_key: str = ""
    issuer_url: str | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> External:
        """What the config file or the environment names explicitly; defaults don't count."""
        stream, database, storage, mqtt = settings.stream, settings.database, settings.storage, settings.mqtt
        auth = settings.auth
        return cls(
            brokers=stream.brokers if "brokers" in stream.model_fields_set else None,
            mqtt_url=mqtt.default_broker if "default_broker" in mqtt.model_fields_set else None,
            database_url=database.url.get_secret_value() if "url" in database.model_fields_set else None,
            storage_endpoint=storage.endpoint if "endpoint" in storage.model_fields_set else None,
            storage_access_key=storage.access_key.get_secret_value(),
            storage_secret_key=storage.secret_key.get_secret_value(),
            issuer_url=auth.iam_url if "iam_url" in auth.model_fields_set else None,
        )

    def address(self, part: str) -> str | None:
        """Where the external one of a part is, without passwords; None when the stack runs its own."""
        database = None if self.database_url is None else self.database_url.rpartition("@")[2]
        return {
            "kafka": self.brokers,
            "mosquitto": self.mqtt_url,
            "postgres": database,
            "seaweedfs": self.storage_endpoint,
            "issuer": self.issuer_url,
        }[part]


class Plan(BaseModel):
    """What shall run.

    Attributes:
        generation: grows with each change; `StackState.generation` says which one is carried out.
        parts: those of `PARTS` that the stack is to have.
        external: of these, the ones that somebody else runs.
        brokers: Kafka nodes of its own; three keep every record three times, and one of them may die.
        listeners: further ways to Kafka, by name: what each node says of where it is reached that way, as
            `host:port`. For clients that come through a proxy.
        services: processes of each kind (`hanzo_twin.stack.services`).
        owner: a process with whose end the stack ends, too; None: it stays until `down`.
        variables: environment variables for the services, beside the stack's own.
        variables_of: others for some of them, by the name of the service or of one process; the latter win.
        organization: the platform's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    generation: int = 1
    parts: tuple[str, ...] = PARTS
    external: External = External()
    brokers: Literal[1, 3] = 1
    listeners: dict[str, tuple[str, ...]] = {}
    services: dict[str, int] = {}
    owner: ProcessId | None = None
    variables: dict[str, str] = {}
    variables_of: dict[str, dict[str, str]] = {}
    organization: str = "local"

    def changed(self, to: Plan) -> Plan:
        """The next plan: this one with another's service processes, and their variables from their next start on."""
        told = {"services": to.services, "variables": to.variables, "variables_of": to.variables_of}
        return self.model_copy(update={"generation": self.generation + 1, **told})

    @property
    def fixed(self) -> tuple[object, ...]:
        """What can't change while the stack runs."""
        return self.parts, self.external, self.brokers, self.listeners


def read_plan(home: Home) -> Plan:
    """The plan of a home.

    Raises:
        FileNotFoundError: it has none.
        ValidationError: somebody else has written it.
    """
    return Plan.model_validate_json(home.plan.read_bytes())


def write_plan(home: Home, plan: Plan) -> None:
    """Replace the plan."""
    write_private(home.plan, plan.model_dump_json(indent=1))
