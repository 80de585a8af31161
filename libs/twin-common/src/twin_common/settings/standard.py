"""The sections that the standard's configuration file has."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from twin_common.settings.base import Section


class Server(Section):
    """Where the REST API listens."""

    host: str = Field(default="127.0.0.1", description="Address to bind.")
    port: int = Field(default=8082, ge=0, le=65535, description="TCP port; 0 takes a free one.")
    workers: int = Field(default=4, ge=1, description="API worker processes.")


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

    @property
    def broker_list(self) -> tuple[str, ...]:
        """The brokers, one `host:port` each."""
        return tuple(part.strip() for part in self.brokers.split(",") if part.strip())


class Auth(Section):
    """Who is asked about tokens."""

    iam_url: str = Field(default="https://hanzo.id", description="The identity provider.")
    verify_tokens: bool = Field(
        default=True, description="Verify bearer tokens; profile `development` accepts only loopback."
    )


class EngineLimits(Section):
    """What every engine has."""

    enabled: bool = True
    max_instances: int = Field(
        default=32, ge=1, description="Simulations of this engine in one worker process."
    )


class Mujoco(EngineLimits):
    """MuJoCo; runs in process, so `binary` is accepted for the standard's sake and not used."""

    binary: str | None = Field(default=None, description="Accepted; the engine is a library here.")


class Pybullet(EngineLimits):
    """PyBullet."""

    enabled: bool = False
    max_instances: int = Field(default=64, ge=1)


class Omniverse(EngineLimits):
    """NVIDIA Omniverse."""

    enabled: bool = False
    nucleus_url: str | None = None
    gpu_ids: tuple[int, ...] = ()


class Gazebo(EngineLimits):
    """Gazebo."""

    enabled: bool = False
    ros_distro: str = "humble"
    max_instances: int = Field(default=8, ge=1)


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


class Logging(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"
