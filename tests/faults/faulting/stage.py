"""A whole platform under load, as a cell sees it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from faulting.archive import Archive
from faulting.cell import Struck
from faulting.checker import Checker
from faulting.lives import Lives
from faulting.load import WELL_S, Load, Weight, loaded
from faulting.logs import Log
from faulting.sendlog import SendLog
from faulting.surroundings import SERVICES, WITH_ARCHIVIST, Built, Surroundings
from faulting.watching import Statuses, all_on, watching
from hanzo_twin.stack import EmbeddedStack
from hanzo_twin.stack.errors import StackError
from hanzo_twin.stack.services import instances
from hanzo_twin.stack.state import Phase

T = TypeVar("T")
_ENOUGH = 8
"""So many twins lie on the partitions of every process."""
_STEADY_S = 1.0


class NotHealthy(RuntimeError):
    """The platform hasn't come back after a fault was removed."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a strike works on.

    Attributes:
        built: the platform.
        load: what goes on in it.
        statuses: the newest reports.
        checker: the judge.
        lives: which processes have ended, and which of them nobody had named.
        struck: strikes of the cell so far.
        patience_s: how long it may take until all is well again after a strike.
    """

    built: Built
    load: Load
    statuses: Statuses
    checker: Checker
    lives: Lives
    struck: list[Struck] = field(default_factory=list)
    patience_s: float = WELL_S

    @property
    def stack(self) -> EmbeddedStack:
        """Parts and services."""
        return self.built.stack

    def tool(self, kind: type[T]) -> T:
        """What the surroundings have put there for their cells.

        Raises:
            KeyError: these surroundings have none.
        """
        found = self.built.tools[kind]
        assert isinstance(found, kind)
        return found

    def endpoint(self, part: str) -> tuple[str, int]:
        """Host and port where a part itself listens, whatever stands before it."""
        truth = self.built.truth
        address = {
            "kafka": f"//{truth.brokers.split(',')[0]}",
            "mosquitto": truth.mqtt_url,
            "postgres": truth.database_url,
            "seaweedfs": truth.storage_endpoint,
        }[part]
        split = urlsplit(address)
        assert split.hostname is not None and split.port is not None
        return split.hostname, split.port

    def processes(self, service: str) -> tuple[str, ...]:
        """Names of a service's processes."""
        return tuple(name for kind, name in instances(WITH_ARCHIVIST) if kind.name == service)

    async def kill(self, name: str) -> int:
        """SIGKILL a process; returns when that was, ns since the Unix epoch, as soon as its end is noticed."""
        self.will_end([name])
        at_ns = time.time_ns()
        await asyncio.to_thread(self.stack.kill, name)
        return at_ns

    async def restore(self) -> int:
        """Start again whatever has ended; returns when all answered, ns since the Unix epoch."""
        self.look()
        await asyncio.to_thread(self.stack.restore)
        return time.time_ns()

    def look(self) -> None:
        """Note which processes have ended."""
        self.lives.look(self.stack.state.parts)

    def will_end(self, names: Iterable[str]) -> None:
        """The strike that comes ends each of these processes once."""
        self.look()
        for name in names:
            self.lives.ends(name)

    def may_end(self, names: Iterable[str]) -> None:
        """These processes may end of the strike that comes, until all is well again."""
        self.look()
        self.lives.may_end(names)

    def ask_for_log(self, name: str) -> Log:
        """Have a service write where it stands; what comes is read from what this returns."""
        log = self.log_of(name)
        self.stack.signal(name, signal.SIGUSR1)
        return log

    def log_of(self, name: str) -> Log:
        """What a process will write to its log from now on."""
        return Log.now(self.stack.home.log(name))

    def pause(self, name: str) -> int:
        """SIGSTOP a process; returns when that was, ns since the Unix epoch."""
        self.stack.signal(name, signal.SIGSTOP)
        return time.time_ns()

    def resume(self, name: str) -> int:
        """SIGCONT it; returns when that was, ns since the Unix epoch."""
        self.stack.signal(name, signal.SIGCONT)
        return time.time_ns()

    def holders(self, service: str) -> Mapping[str, str]:
        """Name of the process by id of the twins that follow plants, as reported in the last seconds."""
        held = {"sim-worker": self.statuses.workers, "sync-engine": self.statuses.engines}[service]()
        return {twin: holder for twin, holder in held.items() if twin in self.load.twins.values()}

    def held_by(self, process: str) -> frozenset[str]:
        """Ids of the twins that a process serves; none when it is of a kind that serves none."""
        held = [*self.holders("sim-worker").items(), *self.holders("sync-engine").items()]
        return frozenset(twin for twin, holder in held if holder == process)

    async def taken_over(self, service: str, victim: str, patience_s: float = 20.0) -> bool:
        """Wait until others have all twins of a process; False if they haven't in time."""
        wanted = self.load.twins.values()
        return await self._until(lambda: all_on(dict(self.holders(service)), wanted, victim), patience_s)

    async def healthy(self) -> None:
        """Wait until every process runs and every twin has been running in one place for a moment.

        Processes that have ended are started again; those that nobody had named are found in `lives`.

        Raises:
            NotHealthy: it isn't so in time; says what is wrong.
        """
        deadline, steady, held = time.monotonic() + self.patience_s, 0.0, self._held()
        while steady < _STEADY_S:
            if time.monotonic() > deadline:
                self._ask_where_they_stand()
                raise NotHealthy(f"after {self.patience_s:g} s: {self._wrong()}")
            if any(part.phase is Phase.FAILED for part in self.stack.state.parts):
                with contextlib.suppress(StackError):
                    await self.restore()
            before, held = held, self._held()
            steady = 0.0 if held != before or self._wrong() else steady + 0.1
            await asyncio.sleep(0.1)
        self.look()
        self.lives.well()

    def _held(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        return self.holders("sim-worker"), self.holders("sync-engine")

    def _wrong(self) -> str:
        down = [part.name for part in self.stack.state.parts if part.phase is Phase.FAILED]
        wanted, names = set(self.load.twins.values()), {twin: name for name, twin in self.load.twins.items()}
        unfolded = sorted(names[twin] for twin in wanted - self.holders("sim-worker").keys())
        unsynced = sorted(names[twin] for twin in wanted - self.holders("sync-engine").keys())
        found = {"down": down, "not running": unfolded, "not synced": unsynced, "idle": self._idle()}
        return "; ".join(f"{what}: {', '.join(those)}" for what, those in found.items() if those)

    def _idle(self) -> list[str]:
        """Processes that have no twin, though there are enough for all: out of their group, and stuck."""
        if len(self.load.twins) < _ENOUGH:
            return []
        return [
            name
            for service in ("sim-worker", "sync-engine")
            for name in sorted(set(self.processes(service)) - set(self.holders(service).values()))
        ]

    def _ask_where_they_stand(self) -> None:
        for service in SERVICES:
            for name in self.processes(service):
                with contextlib.suppress(StackError, ProcessLookupError):
                    self.ask_for_log(name)

    @staticmethod
    async def _until(what: Callable[[], bool], patience_s: float) -> bool:
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if what():
                return True
            await asyncio.sleep(0.05)
        return False


@asynccontextmanager
async def staged(
    surroundings: Surroundings,
    home: Path,
    weight: Weight,
    variables: Mapping[str, str] | None = None,
) -> AsyncIterator[Stage]:
    """Build a platform, put it under load, and wait until it is healthy; nothing of it is left afterwards.

    Args:
        surroundings: what it is built of.
        home: a folder of its own.
        weight: of the load.
        variables: settings of the services.
    """
    async with surroundings.build(home, dict(variables or {})) as built:
        try:
            async with (
                watching(built.truth.brokers) as statuses,
                loaded(built, home, weight) as load,
            ):
                archive = built.tools.get(Archive)
                assert archive is None or isinstance(archive, Archive)
                checker = Checker(built.truth, SendLog(load.log), load.twins, statuses, archive)
                lives = Lives(built.stack.state.parts)
                stage = Stage(built, load, statuses, checker, lives, patience_s=weight.well_s)
                await stage.healthy()
                yield stage
        finally:
            _thaw(built.stack)


def _thaw(stack: EmbeddedStack) -> None:
    """A process that a strike has left frozen can't be told to end."""
    for part in stack.state.parts:
        if part.process is not None and part.process.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(part.process.pid, signal.SIGCONT)
