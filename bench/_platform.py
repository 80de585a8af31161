"""A whole platform for a bench: real parts and services in a folder of their own, gone afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hanzo_twin.bus import Twins, open_twins
from hanzo_twin.cli.surroundings import scene_store
from hanzo_twin.definition import TwinFile, read_twin_file, setting_variables
from hanzo_twin.launch import launch, wait_running
from hanzo_twin.stack import EmbeddedStack
from twin_common.blobs import S3Blobs
from twin_common.definition import parse_twin
from twin_common.settings import Settings
from twin_schemas.records import TwinSpec


@dataclass(frozen=True, slots=True)
class Platform:
    """A running platform and a client of its bus."""

    stack: EmbeddedStack
    settings: Settings
    twins: Twins
    _children: list[asyncio.subprocess.Process] = field(default_factory=list)

    @property
    def broker(self) -> str:
        """URL of the MQTT broker."""
        return self.stack.connection.mqtt_url

    @property
    def scenes(self) -> S3Blobs:
        return S3Blobs(self.settings.storage, self.settings.storage.buckets.scenes)

    @property
    def checkpoints(self) -> S3Blobs:
        return S3Blobs(self.settings.storage, self.settings.storage.buckets.checkpoints)

    def read(self, path: Path, rename: tuple[str, str] | None = None) -> TwinFile:
        """A twin's file; `rename` replaces one word all over it, to have several of one kind."""
        file = read_twin_file(
            path, {**setting_variables(self.settings), "HANZO_TWIN_MQTT_DEFAULT_BROKER": self.broker}
        )
        if rename is None:
            return file
        text = file.text.replace(*rename)
        return TwinFile(text, parse_twin(text, path.name), file.scene)

    async def run(self, file: TwinFile) -> TwinSpec:
        """Create and start a twin; returns when a worker runs it."""
        launched = await launch(self.twins, file, scene_store(self.settings))
        await wait_running(self.twins, launched.spec)
        return launched.spec

    async def verify(self, name: str, *options: str) -> dict[str, Any]:
        """`hanzo-twin replay verify` in another process."""
        process = await self._command("-m", "hanzo_twin", "replay", "verify", name, "--json", *options)
        output, errors = await process.communicate()
        answers = [json.loads(line) for line in output.decode().splitlines() if line.startswith("{")]
        answer = next((each for each in answers if "equal" in each), None)
        if answer is None:
            raise RuntimeError(f"replay verify said nothing: {errors.decode()[-2000:]}")
        return dict(answer)

    async def command(self, *arguments: str) -> tuple[int | None, str]:
        """`hanzo-twin` on this platform's stack; its exit code, and what it said."""
        process = await self._command("-m", "hanzo_twin", *arguments)
        output, errors = await process.communicate()
        return process.returncode, f"{output.decode()}{errors.decode()}".strip()

    async def script(self, *arguments: str, log: Path | None = None) -> asyncio.subprocess.Process:
        """A Python program that knows this platform's addresses only by its arguments.

        What it says goes to `log`; without one to pipes, which somebody has to read as long as it runs.
        """
        return await self._command(*arguments, log=log)

    async def _command(self, *arguments: str, log: Path | None = None) -> asyncio.subprocess.Process:
        environment = {**os.environ, **self.stack.connection.environment()}
        environment["HANZO_TWIN_HOME"] = str(self.stack.home.root)
        pipe = asyncio.subprocess.PIPE
        with ExitStack() as files:
            out = pipe if log is None else files.enter_context(log.open("ab"))
            child = await asyncio.create_subprocess_exec(
                sys.executable, *arguments, env=environment, stdout=out, stderr=out
            )
        self._children.append(child)
        return child

    async def end_children(self) -> None:
        """Nothing that was started here outlives its platform."""
        for child in self._children:
            if child.returncode is None:
                child.kill()
                await child.wait()


@asynccontextmanager
async def platform(
    *, services: Mapping[str, int] | None = None, variables: Mapping[str, str] | None = None
) -> AsyncIterator[Platform]:
    """Start everything; stop it at the end, whatever happens."""
    wanted = services or {"scene-manager": 1, "sync-engine": 1, "sim-worker": 2}
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
        stack = EmbeddedStack(Path(folder), services=wanted, variables=variables or {})
        try:
            await asyncio.to_thread(stack.start)
            settings = stack.connection.settings({})
            async with await open_twins(settings) as twins:
                on = Platform(stack, settings, twins)
                try:
                    yield on
                finally:
                    await on.end_children()
        finally:
            await asyncio.to_thread(stack.stop)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
