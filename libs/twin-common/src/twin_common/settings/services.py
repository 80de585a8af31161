"""The sections of our own, beside the standard's."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from twin_common.settings.base import Section, together


class Security(Section):
    """How much the surroundings are trusted."""

    profile: Literal["development", "production"] = Field(
        default="development",
        description="`development`: plain text, and loopback endpoints only. `production`: TLS everywhere and "
        "verified tokens; a service without them refuses to start.",
    )
    organization: str = Field(
        default="local",
        pattern=r"^[a-z0-9-]{1,63}$",
        description="The organisation that runs the platform: service accounts belong to it, and it is the only one "
        "where tokens aren't verified.",
    )


class Mqtt(Section):
    """Defaults for MQTT connections that a twin's definition doesn't set."""

    default_broker: str = Field(
        default="mqtt://127.0.0.1:1883", description="For publish targets without a source's broker."
    )
    username: str | None = Field(default=None, description="User name for brokers that ask for one.")
    password: SecretStr | None = Field(default=None, description="Password for it.")
    ca_file: str | None = Field(
        default=None, description="Authorities to trust for `mqtts://` (PEM); the system's if unset."
    )
    cert_file: str | None = Field(default=None, description="Client certificate for `mqtts://` (PEM).")
    key_file: str | None = Field(default=None, description="Its private key (PEM).")
    keepalive_s: int = Field(default=15, ge=1, le=65535, description="MQTT keep-alive.")
    max_payload_bytes: int = Field(
        default=1_000_000, ge=64, description="Larger payloads are refused and counted."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        together(self, "cert_file", "key_file")
        return self


class SyncEngine(Section):
    """The sync engine."""

    writer_id: str | None = Field(
        default=None,
        pattern=r"^[a-zA-Z0-9._-]{1,63}$",
        description="Static member id; a random one if unset.",
    )
    archivist_id: str | None = Field(
        default=None,
        pattern=r"^[a-zA-Z0-9._-]{1,63}$",
        description="Static member id of the archivist beside it; a random one if unset.",
    )
    session_timeout_ms: int = Field(
        default=2500, ge=1000, description="Kafka session; the broker may impose more."
    )
    frame_wait_ms: float = Field(
        default=20.0, ge=0, description="Wait for late sources after a tick, unless the twin says so."
    )
    gap_after_s: float = Field(
        default=1.0, gt=0, description="A silence longer than this and 3 ticks is a discontinuity."
    )
    dedupe_window: int = Field(default=10_000, ge=1, description="Command ids remembered per twin.")
    max_ahead_s: float = Field(
        default=60.0, gt=0, description="Commands with an effect time further ahead are refused."
    )
    max_pending: int = Field(default=1000, ge=1, description="Commands pending per twin; more are refused.")
    clock_tolerance_s: float = Field(
        default=1.0,
        gt=0,
        description="A source's time may lie so far behind this clock; further off, the source's clock is corrected.",
    )


class SimWorker(Section):
    """The simulation worker."""

    worker_id: str | None = Field(
        default=None,
        pattern=r"^[a-zA-Z0-9._-]{1,63}$",
        description="Static member id; a random one if unset.",
    )
    session_timeout_ms: int = Field(
        default=2500, ge=1000, description="Kafka session; the broker may impose more."
    )
    checkpoint_interval_ms: int = Field(
        default=2000, ge=50, description="A running twin is checkpointed this often."
    )
    state_inline_bytes: int = Field(
        default=262_144, ge=0, description="Larger states go to object storage by digest."
    )
    horizon_threads: int = Field(default=1, ge=0, description="Threads for forecasts; 0 makes none.")
    max_load: float = Field(
        default=0.7, gt=0, le=1, description="Admission: share of a core that running twins may use."
    )
    max_lag_s: float = Field(default=2.0, gt=0, description="A twin this far behind is degraded.")
    park_lag_s: float = Field(default=30.0, gt=0, description="A twin this far behind is parked.")
    stale_after_s: float = Field(
        default=2.0, gt=0, description="A twin whose journal is silent for so long is stale."
    )
    breadcrumb_deaths: int = Field(
        default=1,
        ge=1,
        description="Process crashes on one record before its twin is parked. A record that brought a worker down"
        " would bring down each that takes over, and every other twin on it; with 1 the second worker already"
        " parks it. SIGKILL and SIGTERM never count.",
    )
    state_dir: str = Field(
        default="", description="Folder for breadcrumbs; a folder of the user's state directory if empty."
    )


class SceneManager(Section):
    """The scene manager."""

    manager_id: str | None = Field(
        default=None,
        pattern=r"^[a-zA-Z0-9._-]{1,63}$",
        description="Static member id; a random one if unset.",
    )
    session_timeout_ms: int = Field(
        default=2500, ge=1000, description="Kafka session; the broker may impose more."
    )
    pool: str = Field(
        default="default", pattern=r"^[a-z0-9-]{1,63}$", description="Pool that new twins are placed in."
    )
    partitions: int = Field(
        default=12, ge=1, description="Partitions of the pool's journal; must equal the topic's."
    )
    outbox_poll_ms: int = Field(
        default=50, ge=1, description="How often the outbox looks for what was missed."
    )
    max_scene_bytes: int = Field(
        default=256_000_000, ge=1, lt=4_000_000_000, description="Larger scene files are refused."
    )
    check_timeout_s: float = Field(
        default=60.0, ge=1, description="A scene that takes longer to read is refused."
    )
    check_memory_mb: int = Field(
        default=4096, ge=512, description="Address space, in MiB, of the process that reads a new scene."
    )
    checks_at_once: int = Field(default=2, ge=1, description="Scenes that are read at the same time.")


class ApiGateway(Section):
    """The REST API."""

    gateway_id: str | None = Field(
        default=None,
        pattern=r"^[a-zA-Z0-9._-]{1,63}$",
        description="Name of this instance in logs and to the brokers; a random one if unset.",
    )
    deadline_ms: int = Field(
        default=5000, ge=1, description="Wait so long for a command's answer, then say 202 with a link."
    )
    max_body_bytes: int = Field(default=1_000_000, ge=1000, description="Larger bodies are refused.")
    max_upload_bytes: int = Field(
        default=64_000_000, ge=1000, description="Larger scene uploads are refused; presign them instead."
    )
    presign_s: int = Field(default=900, ge=10, le=86_400, description="Presigned links work so long.")
    rate_per_s: float = Field(
        default=500.0, gt=0, description="Requests a second of one caller to one instance, on average."
    )
    rate_burst: int = Field(default=1000, ge=1, description="Requests of one caller at once.")
    max_streams: int = Field(
        default=100,
        ge=1,
        description="Open prediction streams of one worker process; at most half of them of one organisation.",
    )


class Telemetry(Section):
    """Traces."""

    exporter: Literal["none", "otlp", "file"] = Field(default="none", description="Where spans go.")
    endpoint: str = Field(
        default="http://127.0.0.1:4318/v1/traces", description="OTLP over HTTP, for exporter `otlp`."
    )
    file: str = Field(default="", description="JSON lines are appended here, for exporter `file`.")
    sample: float = Field(default=1.0, ge=0, le=1, description="Share of new traces that are kept.")


class Quotas(Section):
    """What one organisation may have."""

    twins: int = Field(default=1000, ge=0, description="Twins that aren't deleted.")
    running: int = Field(default=200, ge=0, description="Twins that are desired to run.")
    scenes: int = Field(default=1000, ge=0, description="Scenes.")
    scene_bytes: int = Field(default=10_000_000_000, ge=0, description="Bytes of all scene versions.")
