"""The sections that the standard's configuration file has."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from twin_common.settings.base import Section, together


class Server(Section):
    """Where the REST API listens."""

    host: str = Field(default="127.0.0.1", description="Address to bind.")
    port: int = Field(default=8082, ge=0, le=65535, description="TCP port; 0 takes a free one.")
    share_port: bool = Field(
        default=False,
        description="Other gateways of the same user may listen on the same address, too; new connections are shared "
        "out among them. Without it, a taken port is an error.",
    )
    workers: int = Field(default=4, ge=1, description="API worker processes.")
    cert_file: str | None = Field(default=None, description="TLS certificate chain (PEM); needs `key_file`.")
    key_file: str | None = Field(default=None, description="Its private key (PEM).")
    behind_proxy: bool = Field(
        default=False,
        description="A proxy before it ends TLS: profile `production` may serve plain HTTP then.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1,::1",
        description="Addresses and networks (comma-separated) of such proxies: who asks is taken from the header "
        "X-Forwarded-For of these alone, and counted by that address.",
    )

    @property
    def proxy_list(self) -> list[str]:
        """`trusted_proxies`, split."""
        return [each.strip() for each in self.trusted_proxies.split(",") if each.strip()]

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, text: str) -> str:
        for each in text.split(","):
            if each.strip():
                ip_network(each.strip())
        return text

    @model_validator(mode="after")
    def _whole(self) -> Self:
        together(self, "cert_file", "key_file")
        return self


class Database(Section):
    """PostgreSQL."""

    url: SecretStr = Field(
        default=SecretStr("postgresql://hanzo@127.0.0.1:5432/hanzo_twin"),
        description="Connection URL with its password.",
    )
    pool_size: int = Field(default=5, ge=1, le=200, description="Connections each service keeps open.")


class Buckets(Section):
    """Names of the buckets in object storage."""

    scenes: str = Field(default="hanzo-twin-scenes", min_length=3)
    datasets: str = Field(default="hanzo-twin-datasets", min_length=3)
    checkpoints: str = Field(default="hanzo-twin-checkpoints", min_length=3)


class Storage(Section):
    """S3-compatible object storage."""

    endpoint: str = Field(default="http://127.0.0.1:9000", description="URL of the S3 endpoint.")
    access_key: SecretStr = Field(default=SecretStr("hanzo"), description="S3 access key id.")
    secret_key: SecretStr = Field(default=SecretStr("hanzo-twin-development"), description="S3 secret key.")
    region: str = Field(default="us-east-1", description="Region to sign requests for.")
    buckets: Buckets = Buckets()


class Stream(Section):
    """Apache Kafka."""

    brokers: str = Field(
        default="127.0.0.1:9092", min_length=1, description="host:port of one or more brokers, with commas."
    )
    topic_prefix: str = Field(
        default="hanzo.twin",
        pattern=r"^[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*$",
        max_length=100,
        description="Begins every topic.",
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="How brokers are spoken to."
    )
    ca_file: str | None = Field(
        default=None, description="Authorities to trust for TLS (PEM); the system's if unset."
    )
    cert_file: str | None = Field(default=None, description="Client certificate for mutual TLS (PEM).")
    key_file: str | None = Field(default=None, description="Its private key (PEM).")
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="How a SASL protocol proves the password."
    )
    sasl_username: str | None = Field(default=None, description="Needed by the SASL protocols.")
    sasl_password: SecretStr | None = Field(default=None, description="Needed by the SASL protocols.")
    registry_url: str | None = Field(
        default=None,
        description="A schema registry of somebody else's, whose ids are used; the catalogue's if unset.",
    )
    write_schema_ids_up_to: int | None = Field(
        default=None,
        ge=1,
        description="Write no schema with a higher id of the catalogue, for as long as processes of a build that has"
        " none of those read; the newest if unset. Only with the catalogue's own ids.",
    )
    replication: int | None = Field(
        default=None, ge=1, description="Replicas of created topics; the broker's default if unset."
    )
    session_timeout_ms: int = Field(
        default=2500,
        ge=1000,
        description="A member silent for so long loses its partitions; the broker may impose more.",
    )
    connect_timeout_s: float = Field(
        default=5.0, gt=0, description="Give up opening a connection after this."
    )
    request_timeout_ms: int = Field(
        default=15_000, ge=1000, description="Give up an unanswered request after this."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        together(self, "cert_file", "key_file")
        if self.security_protocol.startswith("SASL") and not (self.sasl_username and self.sasl_password):
            raise ValueError(
                f"security_protocol {self.security_protocol} needs sasl_username and sasl_password"
            )
        return self

    @property
    def encrypted(self) -> bool:
        """Whether TLS is used."""
        return self.security_protocol in ("SSL", "SASL_SSL")

    @property
    def broker_list(self) -> tuple[str, ...]:
        """The brokers, one `host:port` each."""
        return tuple(part.strip() for part in self.brokers.split(",") if part.strip())


class Auth(Section):
    """Who is asked about tokens, and the own client name at it."""

    iam_url: str = Field(default="https://hanzo.id", description="The identity provider.")
    verify_tokens: bool | None = Field(
        default=None,
        description="Verify bearer tokens. If unset: yes, unless profile `development` has no `iam_url` set. Only "
        "profile `development` may do without.",
    )
    audience: str = Field(default="hanzo-twin", min_length=1, description="Tokens must be meant for this.")
    issuer: str | None = Field(default=None, description="Whom tokens must name; `iam_url` if unset.")
    jwks_url: str | None = Field(
        default=None, description="The issuer's keys; `<iam_url>/.well-known/jwks.json` if unset."
    )
    token_url: str | None = Field(
        default=None, description="OAuth2 token endpoint for the own credentials; `<iam_url>/token` if unset."
    )
    client_id: str | None = Field(
        default=None, min_length=1, description="Own name at the issuer, for services that send commands."
    )
    client_secret: SecretStr | None = Field(default=None, description="The secret to it.")
    leeway_s: float = Field(
        default=5.0, ge=0, le=300, description="Clocks may differ so much when validity is judged."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        together(self, "client_id", "client_secret")
        return self

    @property
    def trusted_issuer(self) -> str:
        """What a token's `iss` must be."""
        return self.issuer or self.iam_url.rstrip("/")

    @property
    def keys_endpoint(self) -> str:
        """Where the issuer publishes its keys."""
        return self.jwks_url or f"{self.iam_url.rstrip('/')}/.well-known/jwks.json"

    @property
    def token_endpoint(self) -> str:
        """Where client credentials become a token."""
        return self.token_url or f"{self.iam_url.rstrip('/')}/token"


_INSTANCES = "Twins that may run on this engine at once, of all organizations together."


class EngineLimits(Section):
    """What every engine has."""

    enabled: bool = True
    max_instances: int = Field(default=1000, ge=1, description=_INSTANCES)


class Mujoco(EngineLimits):
    """MuJoCo; runs in process, so `binary` is accepted for the standard's sake and not used."""

    binary: str | None = Field(default=None, description="Accepted; the engine is a library here.")


class Pybullet(EngineLimits):
    """PyBullet."""

    enabled: bool = False
    max_instances: int = Field(default=64, ge=1, description=_INSTANCES)


class Omniverse(EngineLimits):
    """NVIDIA Omniverse."""

    enabled: bool = False
    nucleus_url: str | None = None
    gpu_ids: tuple[int, ...] = ()


class Gazebo(EngineLimits):
    """Gazebo."""

    enabled: bool = False
    ros_distro: str = "humble"
    max_instances: int = Field(default=8, ge=1, description=_INSTANCES)


class Engines(Section):
    """The engines that may run here."""

    mujoco: Mujoco = Mujoco()
    pybullet: Pybullet = Pybullet()
    omniverse: Omniverse = Omniverse()
    gazebo: Gazebo = Gazebo()


class Scheduler(Section):
    """Where jobs run."""

    namespace: str = "hanzo-twin"
    gpu_types: tuple[str, ...] = ()
    max_concurrent_jobs: int = Field(default=16, ge=1)


class Metrics(Section):
    """The port with /metrics, /alive and /ready; each service process needs its own on one machine."""

    enabled: bool = True
    host: str = Field(default="127.0.0.1", description="Address to bind.")
    port: int = Field(default=9090, ge=0, le=65535, description="TCP port; 0 takes a free one.")
    path: str = Field(default="/metrics", pattern=r"^/[\w/-]*$")
    exposed: bool = Field(
        default=False,
        description="Profile `production` serves metrics beyond this machine: they name twins of all organisations to "
        "whoever reaches the port, without a token.",
    )


class Logging(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"
