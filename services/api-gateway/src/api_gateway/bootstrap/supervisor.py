"""Several worker processes on one socket: started, watched, started again, and stopped together.

A worker tells of its health by a line of JSON on its standard output now and then, and stops when its standard input
ends, so none outlives a supervisor that was killed.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Mapping
from typing import Final

from twin_common.clock import NS_PER_S, Clock
from twin_common.health import Health
from twin_common.logs import get_logger
from twin_common.metrics import forget_process

STOP_S: Final = 15.0
"""A worker that takes longer to stop is killed."""
METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Variable that names the folder in which workers keep what they count."""

_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_SOUND_NS = 10 * NS_PER_S

_log = get_logger(__name__)


class Supervisor:
    """Keeps `count` workers running.

    Args:
        listener: inherited by every worker.
        count: of workers.
        environ: the workers' environment.
        health: is told of each worker's.
        clock: for pauses.
    """

    def __init__(
        self, listener: socket.socket, count: int, environ: Mapping[str, str], health: Health, clock: Clock
    ) -> None:
        self._listener, self._count, self._environ = listener, count, dict(environ)
        self._health, self._clock = health, clock
        self._stopping = False
        self.pids: dict[int, int] = {}
        """Process ids by worker number."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set and every worker has ended."""
        keeping = [asyncio.ensure_future(self._keep(number)) for number in range(self._count)]
        self._health.ready()
        try:
            await stop.wait()
        finally:
            self._stopping = True
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)

    async def _keep(self, number: int) -> None:
        """Run one worker, again and again; pauses grow while it ends soon after its start."""
        part, pause_s = f"worker {number}", _FIRST_PAUSE_S
        while True:
            self._health.not_ready(part, "starting")
            began = self._clock.monotonic_ns()
            code = await self._run_once(number, part)
            self._health.not_ready(part, f"ended with code {code}")
            sound = self._clock.monotonic_ns() - began > _SOUND_NS
            pause_s = _FIRST_PAUSE_S if sound else min(2 * pause_s, _LONGEST_PAUSE_S)
            _log.error("a worker ended, starting another", worker=number, code=code, pause_s=pause_s)
            await self._clock.sleep(pause_s)

    async def _run_once(self, number: int, part: str) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "api_gateway.entrypoints.worker",
            str(self._listener.fileno()),
            str(number),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._environ,
            pass_fds=(self._listener.fileno(),),
            start_new_session=True,  # a terminal's Ctrl-C is for the supervisor
        )
        self.pids[number] = process.pid
        try:
            assert process.stdout is not None
            async for line in process.stdout:
                self._heard(part, line)
            return await process.wait()
        except asyncio.CancelledError:
            await _end(process)
            raise
        finally:
            self.pids.pop(number, None)
            if (folder := self._environ.get(METRICS_FOLDER)) is not None:
                forget_process(folder, process.pid)

    def _heard(self, part: str, line: bytes) -> None:
        """What a worker says of itself."""
        try:
            waiting = json.loads(line)["waiting_for"]
        except (ValueError, KeyError, TypeError):
            return
        if waiting:
            self._health.not_ready(part, "; ".join(f"{name}: {why}" for name, why in waiting.items()))
        else:
            self._health.ready(part)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask it to stop, and kill it when it doesn't."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        _log.error("a worker didn't stop and is killed", pid=process.pid)
        process.kill()
        await process.wait()
