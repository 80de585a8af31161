"""Whether the process lives and is ready, and the small HTTP server that says so next to the metrics.

Alive means that every main loop made progress lately; ready means started and connected.
"""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from twin_common.clock import NS_PER_S, Clock
from twin_common.metrics import Metrics
from twin_common.settings.standard import Metrics as MetricsSettings


class Health:
    """What the parts of a process say of themselves.

    Args:
        clock: judges how long ago a loop made progress.
        stalled_after_s: a loop with no progress for so long is taken for dead.
    """

    def __init__(self, clock: Clock, *, stalled_after_s: float = 30.0) -> None:
        self._clock = clock
        self._stalled_after_ns = round(stalled_after_s * NS_PER_S)
        self._progress_ns: dict[str, int] = {}
        self._waiting_for: dict[str, str] = {"start": "not started"}

    def progress(self, loop: str) -> None:
        """A main loop went round; the first call makes it watched."""
        self._progress_ns[loop] = self._clock.monotonic_ns()

    def finished(self, loop: str) -> None:
        """A main loop ended on purpose and is no longer watched."""
        self._progress_ns.pop(loop, None)

    def not_ready(self, part: str, why: str) -> None:
        """A part can't serve for now."""
        self._waiting_for[part] = why

    def ready(self, part: str = "start") -> None:
        """A part can serve (again); without a name: the process has started."""
        self._waiting_for.pop(part, None)

    def stalled(self) -> dict[str, float]:
        """Loops without progress, with the seconds since their last."""
        now_ns = self._clock.monotonic_ns()
        return {
            loop: (now_ns - at_ns) / NS_PER_S
            for loop, at_ns in self._progress_ns.items()
            if now_ns - at_ns > self._stalled_after_ns
        }

    def waiting_for(self) -> dict[str, str]:
        """Parts that can't serve, and why."""
        return dict(self._waiting_for)


class HealthServer:
    """Serves /alive, /ready and the metrics; `port` is known after `start`."""

    def __init__(self, settings: MetricsSettings, health: Health, metrics: Metrics) -> None:
        self._settings = settings
        self._health = health
        self._metrics = metrics
        self._runner: web.AppRunner | None = None
        self.port = settings.port

    async def start(self) -> None:
        """Listen; does nothing when metrics are switched off.

        Raises:
            OSError: the port is taken; the message names it and the setting.
        """
        if not self._settings.enabled:
            return
        app = web.Application()
        app.router.add_get("/alive", self._alive)
        app.router.add_get("/ready", self._ready)
        app.router.add_get(self._settings.path, self._scrape)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._settings.host, self._settings.port)
        try:
            await site.start()
        except OSError as error:
            await self.close()
            raise OSError(
                error.errno,
                f"no metrics on {self._settings.host}:{self._settings.port} ({error.strerror}); "
                "set metrics.port (HANZO_TWIN_METRICS_PORT)",
            ) from error
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _alive(self, request: web.Request) -> web.Response:
        stalled = self._health.stalled()
        return web.json_response({"alive": not stalled, "stalled_s": stalled}, status=503 if stalled else 200)

    async def _ready(self, request: web.Request) -> web.Response:
        waiting = self._health.waiting_for()
        stalled = self._health.stalled()
        body = {"ready": not waiting and not stalled, "waiting_for": waiting, "stalled_s": stalled}
        return web.json_response(body, status=503 if waiting or stalled else 200)

    async def _scrape(self, request: web.Request) -> web.Response:
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})
