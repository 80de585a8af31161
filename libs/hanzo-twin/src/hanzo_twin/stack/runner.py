"""Runs one part: start, wait until it answers, notice its end, stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from hanzo_twin.stack import ports
from hanzo_twin.stack.errors import PartFailed, ProvisioningFailed
from hanzo_twin.stack.files import last_lines
from hanzo_twin.stack.part import Part
from hanzo_twin.stack.processes import ProcessId, stop

_TAIL = 12
_POLL_S = 0.05
_PROVISION_S = 60.0
_KEEP_LOG_BYTES = 20_000_000


class Runner:
    """The process of one part; one after the other when it is started again.

    Args:
        part: what to run.
        log: file that its output is appended to.
        port_wait_s: how long somebody else may still hold its ports, in seconds: the process before it, as a rule.
    """

    def __init__(self, part: Part, log: Path, *, port_wait_s: float = 5.0) -> None:
        self.part = part
        self.log = log
        self.process: ProcessId | None = None
        self._popen: subprocess.Popen[bytes] | None = None
        self._since = 0
        self._port_wait_s = port_wait_s

    def start(self, started: Callable[[ProcessId], None], cancelled: Callable[[], bool]) -> float:
        """Start it and wait until it answers.

        Args:
            started: told at once which process it is.
            cancelled: asked again and again whether to give up.

        Returns:
            Seconds from start to ready.

        Raises:
            PartFailed: it ended, didn't answer in time, or was cancelled; it doesn't run any more then.
        """
        part = self.part
        begin = time.monotonic()
        part.prepare()
        self._await_ports()
        self._spawn()
        assert self.process is not None
        started(self.process)
        while not part.ready():
            if (how := self.ended()) is not None:
                raise self.failure(f"{how} while it started")
            if cancelled() or time.monotonic() - begin > part.ready_within_s:
                why = "was stopped" if cancelled() else f"didn't answer within {part.ready_within_s:g} s"
                error = self.failure(f"{why} while it started")
                self.stop()
                raise error
            time.sleep(_POLL_S)
        if (how := self.ended()) is not None:  # then somebody else answered at its port
            raise self.failure(f"{how} while it started")
        return time.monotonic() - begin

    def _await_ports(self) -> None:
        """The ports of a part that has just ended may still be closing."""
        deadline = time.monotonic() + self._port_wait_s
        part = self.part
        while taken := [
            port for name, port in part.ports.items() if not ports.free(port, shared=name in part.shared)
        ]:
            if time.monotonic() > deadline:
                raise self.failure(f"can't start: somebody else listens on port {taken[0]}")
            time.sleep(_POLL_S)

    def _spawn(self) -> None:
        if self.log.exists() and self.log.stat().st_size > _KEEP_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self._since = output.tell()
            self._popen = subprocess.Popen(
                self.part.argv,
                env={**os.environ, **self.part.environment, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C in the terminal is for the supervisor alone.
                start_new_session=True,
            )
        self.process = ProcessId.of(self._popen.pid)

    def ended(self) -> str | None:
        """How the process ended, in words; None while it runs."""
        assert self._popen is not None
        code = self._popen.poll()
        if code is None:
            return None
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def failure(self, what: str) -> PartFailed:
        """An error with the last lines of the log."""
        return PartFailed(self.part.name, what, str(self.log), self.tail())

    def tail(self) -> tuple[str, ...]:
        """The last lines that the process, or the one before it, has written."""
        return last_lines(self.log, _TAIL, since=self._since)

    def stop(self) -> None:
        """End the process, by force after its deadline."""
        if self.process is not None and self._popen is not None:
            stop(self.process, within_s=self.part.stop_within_s, number=self.part.stop_signal)
            self._popen.wait()
        self.part.tidy()


def provision(step: str, environment: Mapping[str, str]) -> str:
    """Carry out a step of `hanzo_twin.stack.provision`.

    Returns:
        What was done, in words.

    Raises:
        ProvisioningFailed: with what the step said.
    """
    argv = (sys.executable, "-m", "hanzo_twin.stack.provision", step)
    try:
        done = subprocess.run(
            argv,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PROVISION_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ProvisioningFailed(f"{step} weren't made within {_PROVISION_S:g} s") from None
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-_TAIL:])
        raise ProvisioningFailed(f"{step}: {last}")
    return done.stdout.strip()
