"""Processes by their identity: a pid alone may have gone to somebody else."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class ProcessId:
    """One process, never another one that got its pid later.

    Attributes:
        pid: the process id.
        started: its start time as the kernel gives it, in seconds since the Unix epoch.
    """

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        """The identity of a process that runs, or has ended and isn't waited for yet.

        Raises:
            psutil.NoSuchProcess: it is gone.
        """
        return cls(pid, psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """The live process, or None when it has ended."""
        try:
            found = psutil.Process(self.pid)
            # The start time is derived from the boot time, which a clock step can shift a little.
            same = abs(found.create_time() - self.started) < 1.0
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process() is not None

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when the process has ended."""
        with contextlib.suppress(psutil.NoSuchProcess):
            if found := self.process():
                found.send_signal(number)


def family(processes: Iterable[ProcessId]) -> list[ProcessId]:
    """The processes with all their descendants."""
    found: dict[int, ProcessId] = {}
    for identity in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process := identity.process():
                members = [process, *process.children(recursive=True)]
                found |= {member.pid: ProcessId(member.pid, member.create_time()) for member in members}
    return list(found.values())


def stop(process: ProcessId, *, within_s: float, number: signal.Signals = signal.SIGTERM) -> bool:
    """Ask a process to end, and kill it with all its descendants when it hasn't after the deadline.

    Returns:
        Whether it ended by itself.
    """
    members = family([process])
    process.send(number)
    asked = wait_gone([process], within_s)
    for member in members:
        member.send(signal.SIGKILL)
    wait_gone(members, 5.0)
    return asked


def wait_gone(processes: Iterable[ProcessId], within_s: float) -> bool:
    """Wait until all have ended; whether they did."""
    waiting = list(processes)
    deadline = time.monotonic() + within_s
    while waiting := [process for process in waiting if process.alive()]:
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_S)
    return True


def resident(process: ProcessId) -> int:
    """Memory that is the process's own, in bytes (proportional set size); 0 when it has ended."""
    found = process.process()
    try:
        return 0 if found is None else int(found.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0
