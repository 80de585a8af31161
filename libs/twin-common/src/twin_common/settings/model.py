"""All settings of all services: one tree, so that one file configures everything."""

from __future__ import annotations

from twin_common.settings.base import Section
from twin_common.settings.retention import Retention
from twin_common.settings.services import (
    ApiGateway,
    Mqtt,
    Quotas,
    SceneManager,
    Security,
    SimWorker,
    SyncEngine,
    Telemetry,
)
from twin_common.settings.standard import (
    Auth,
    Database,
    Engines,
    Logging,
    Metrics,
    Scheduler,
    Server,
    Storage,
    Stream,
)


class Settings(Section):
    """The whole configuration. Frozen; made by `load_settings`."""

    server: Server = Server()
    database: Database = Database()
    storage: Storage = Storage()
    stream: Stream = Stream()
    auth: Auth = Auth()
    engines: Engines = Engines()
    scheduler: Scheduler = Scheduler()
    metrics: Metrics = Metrics()
    logging: Logging = Logging()
    security: Security = Security()
    mqtt: Mqtt = Mqtt()
    sync_engine: SyncEngine = SyncEngine()
    sim_worker: SimWorker = SimWorker()
    scene_manager: SceneManager = SceneManager()
    api_gateway: ApiGateway = ApiGateway()
    telemetry: Telemetry = Telemetry()
    quotas: Quotas = Quotas()
    retention: Retention = Retention()

    @property
    def verifies_tokens(self) -> bool:
        """Whether bearer tokens are verified (`auth.verify_tokens`)."""
        if self.auth.verify_tokens is not None:
            return self.auth.verify_tokens
        return self.security.profile != "development" or "iam_url" in self.auth.model_fields_set
