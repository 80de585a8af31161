"""A whole platform under load, as a cell sees it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from faulting.surroundings import SERVICES, Built
from hanzo_twin.stack import EmbeddedStack
from hanzo_twin.stack.services import instances

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stage:
    """What a strike works on.

    Attributes:
        built: the platform.
    """

    built: Built

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
        return tuple(name for kind, name in instances(SERVICES) if kind.name == service)

    async def kill(self, name: str) -> int:
        """SIGKILL a process; returns when that was, ns since the Unix epoch, as soon as its end is noticed."""
        at_ns = time.time_ns()
        await asyncio.to_thread(self.stack.kill, name)
        return at_ns

    async def restore(self) -> int:
        """Start again whatever has ended; returns when all answered, ns since the Unix epoch."""
        await asyncio.to_thread(self.stack.restore)
        return time.time_ns()

    def pause(self, name: str) -> int:
        """SIGSTOP a process; returns when that was, ns since the Unix epoch."""
        self.stack.signal(name, signal.SIGSTOP)
        return time.time_ns()

    def resume(self, name: str) -> int:
        """SIGCONT it; returns when that was, ns since the Unix epoch."""
        self.stack.signal(name, signal.SIGCONT)
        return time.time_ns()

    async def workers(self) -> Mapping[str, str]:
        """Name of the worker by twin id, of the twins that are reported as running in the last seconds."""
        raise NotImplementedError

    async def engines(self) -> Mapping[str, str]:
        """Name of the sync engine by twin id, of the twins that are reported in the last seconds."""
        raise NotImplementedError
