"""A stack for a test or a bench: private home, free ports, gone with the process that asked for it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal

from hanzo_twin.stack import control
from hanzo_twin.stack.connection import Connection
from hanzo_twin.stack.errors import PartUnknown, StackError, StackNotRunning
from hanzo_twin.stack.files import last_lines
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.plan import PARTS, External, Plan
from hanzo_twin.stack.processes import ProcessId
from hanzo_twin.stack.state import PartState, Phase, StackState, read_state

_NOTICE_S = 15.0


class EmbeddedStack:
    """Starts real parts, and services if asked for; a context manager.

    ```python
    with EmbeddedStack(tmp_path, parts=("kafka",)) as stack:
        bus = KafkaBus(stack.connection.settings().stream)
    ```

    Variables `HANZO_TWIN_*` of this process have no influence on it, and it ends with this process, however
    that ends.

    Args:
        home: a folder of its own; data stay there.
        parts: of `hanzo_twin.stack.plan.PARTS`.
        services: processes of each service, as `{"sim-worker": 2}`.
        external: parts that somebody else runs.
        variables: settings for the services, as `{"HANZO_TWIN_SIM_WORKER_CHECKPOINT_INTERVAL_MS": "500"}`.
        brokers: Kafka nodes.
        listeners: further ways to Kafka (`hanzo_twin.stack.plan.Plan`).
    """

    def __init__(
        self,
        home: Path,
        *,
        parts: tuple[str, ...] = PARTS,
        services: Mapping[str, int] | None = None,
        external: External | None = None,
        variables: Mapping[str, str] | None = None,
        brokers: Literal[1, 3] = 1,
        listeners: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.home = Home(home.resolve())
        self._plan = Plan(
            parts=tuple(part for part in PARTS if part in parts),
            external=external or External(),
            services=dict(services or {}),
            owner=ProcessId.of(os.getpid()),
            variables=dict(variables or {}),
            brokers=brokers,
            listeners=dict(listeners or {}),
            organization=dict(variables or {}).get("HANZO_TWIN_SECURITY_ORGANIZATION", "local"),
        )

    def start(self) -> EmbeddedStack:
        """Start it; returns when every part answers.

        Raises:
            StackError: a part failed.
        """
        environ = {name: value for name, value in os.environ.items() if not name.startswith("HANZO_TWIN_")}
        control.up(self.home, self._plan, environ=environ)
        return self

    def stop(self) -> None:
        """Stop it; the data stay."""
        control.down(self.home)

    def __enter__(self) -> EmbeddedStack:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def state(self) -> StackState:
        """The state as the supervisor has last written it.

        Raises:
            StackNotRunning: it was never started.
        """
        state = read_state(self.home)
        if state is None:
            raise StackNotRunning(f"no stack runs in {self.home.root}; call start() first")
        return state

    @property
    def connection(self) -> Connection:
        """How to reach it.

        Raises:
            StackNotRunning: it was never started.
        """
        connection = self.state.connection
        if connection is None:
            raise StackNotRunning(f"the stack in {self.home.root} has no parts yet")
        return connection

    def part(self, name: str) -> PartState:
        """One part or service process.

        Raises:
            PartUnknown: there is none of this name.
        """
        state = self.state
        found = state.part(name)
        if found is None:
            raise PartUnknown(name, tuple(part.name for part in state.parts))
        return found

    def process(self, name: str) -> ProcessId:
        """The process of a part.

        Raises:
            PartUnknown: there is none of this name, or it has never run.
        """
        found = self.part(name).process
        if found is None:
            raise PartUnknown(name, tuple(part.name for part in self.state.alive()))
        return found

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a part's process, such as SIGSTOP and SIGCONT."""
        self.process(name).send(number)

    def kill(self, name: str) -> None:
        """Kill a part with SIGKILL, and wait until the supervisor has noticed; nothing restarts it."""
        self.signal(name, signal.SIGKILL)
        deadline = time.monotonic() + _NOTICE_S
        while self.part(name).phase is not Phase.FAILED:
            if time.monotonic() > deadline:
                raise StackError(f"the supervisor hasn't noticed the end of {name} within {_NOTICE_S:g} s")
            time.sleep(0.02)

    def restore(self) -> None:
        """Start every part again that has ended, under its old name and at its old port."""
        self.scale({})

    def scale(
        self, services: Mapping[str, int], *, variables_of: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        """Change how many processes of each service run; ended ones start again.

        Args:
            services: new numbers; those that aren't named stay.
            variables_of: variables of single services or processes from their next start on, as in
                `{"sim-worker-0": {"HANZO_TWIN_DATABASE_URL": "…"}}`; unchanged when None.
        """
        changes: dict[str, object] = {"services": self._plan.services | dict(services)}
        if variables_of is not None:
            changes["variables_of"] = {name: dict(wanted) for name, wanted in variables_of.items()}
        self._plan = self._plan.model_copy(update=changes)
        control.up(self.home, self._plan)

    def log(self, name: str, lines: int = 50) -> tuple[str, ...]:
        """The last lines of a part's log."""
        return last_lines(self.home.log(name), lines)
