"""Up, down: what commands and tests ask of a stack."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping

from hanzo_twin.stack.errors import StackError
from hanzo_twin.stack.files import last_lines
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.parts import seaweedfs
from hanzo_twin.stack.plan import Plan, read_plan, write_plan
from hanzo_twin.stack.processes import ProcessId, stop, wait_gone
from hanzo_twin.stack.state import LOCKED, PartState, Phase, StackState, read_state, write_state

_POLL_S = 0.05
_UP_S = 180.0
_DOWN_S = 45.0
_SETTLED = (Phase.READY, Phase.DEGRADED)

Watcher = Callable[[StackState], None]


def up(
    home: Home,
    plan: Plan,
    *,
    environ: Mapping[str, str] | None = None,
    terminal: int | None = None,
    watch: Watcher = lambda _state: None,
) -> StackState:
    """Start a stack, or bring the one that runs to the plan; returns when every part answers.

    Args:
        home: its folder.
        plan: what shall run. Of a running stack only the services can change.
        environ: the environment of its processes; this process's when None.
        terminal: file descriptor of a terminal where crashes are reported later.
        watch: called with each new state.

    Raises:
        StackError: a part failed, with its last log lines; or other parts run than are asked for.
    """
    home.make()
    state = read_state(home)
    if state is not None and state.running() and state.phase is not Phase.STOPPING:
        return _change(home, plan, state, watch)
    if state is not None:
        wait_gone([state.supervisor], _DOWN_S)
        _sweep(state)
    write_plan(home, plan)
    with home.log("supervisor").open("ab") as log:
        arguments = [str(home.root), *([] if terminal is None else [str(terminal)])]
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "hanzo_twin.stack.supervise", *arguments],
            env=None if environ is None else dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=() if terminal is None else (terminal,),
        )
    # Another `up` of the same moment may have been faster; then its supervisor is the one to wait for.
    return _wait(
        home, lambda s: s.supervisor.pid == supervisor.pid or supervisor.poll() == LOCKED, supervisor, watch
    )


def _change(home: Home, plan: Plan, state: StackState, watch: Watcher) -> StackState:
    running = read_plan(home)
    if running.fixed != plan.fixed:
        raise StackError(
            "a stack runs with other parts, or with others of its own, than the configuration asks for; "
            "stop it first with: hanzo-twin dev down"
        )
    wanted = running.changed(plan)
    if state.phase is Phase.READY and wanted == running.changed(running):
        return state
    if state.phase is Phase.STARTING:
        return _wait(home, lambda _: True, None, watch)
    write_plan(home, wanted)
    state.supervisor.send(signal.SIGHUP)
    return _wait(home, lambda s: s.generation >= wanted.generation, None, watch)


def _wait(
    home: Home, ours: Callable[[StackState], bool], supervisor: subprocess.Popen[bytes] | None, watch: Watcher
) -> StackState:
    deadline = time.monotonic() + _UP_S
    while time.monotonic() < deadline:
        ended = supervisor is not None and supervisor.poll() not in (None, LOCKED)
        state = read_state(home)
        if state is not None and ours(state):
            watch(state)
            if state.phase in _SETTLED and state.error is None:
                return state
            if state.error is not None and (state.phase in _SETTLED or not state.running()):
                raise StackError(state.error)
            ended = ended or not state.running()
        if ended:
            tail = "\n    ".join(last_lines(home.log("supervisor"), 12))
            raise StackError(f"the supervisor ended before the stack was ready; its last lines:\n    {tail}")
        time.sleep(_POLL_S)
    raise StackError(f"the stack isn't ready after {_UP_S:g} s; see: hanzo-twin dev logs supervisor")


def down(home: Home) -> bool:
    """Stop a stack and everything it started, also when its supervisor was killed.

    Returns:
        Whether anything ran.
    """
    state = read_state(home)
    if state is None:
        return False
    ran = state.running() or bool(state.alive())
    if state.running():
        stop_supervisor(state.supervisor)
        state = read_state(home) or state
    _sweep(state)
    if state.phase not in (Phase.STOPPED, Phase.FAILED):
        parts = tuple(part.model_copy(update={"phase": Phase.STOPPED}) for part in state.parts)
        write_state(home, state.model_copy(update={"phase": Phase.STOPPED, "parts": parts}))
    return ran


def stop_supervisor(supervisor: ProcessId) -> None:
    """Let the supervisor end everything; kill it when it doesn't."""
    supervisor.send(signal.SIGTERM)
    if not wait_gone([supervisor], _DOWN_S):
        supervisor.send(signal.SIGKILL)
        wait_gone([supervisor], 5.0)
    with contextlib.suppress(ChildProcessError):  # only when this process has started it
        os.waitpid(supervisor.pid, 0)


def _sweep(state: StackState) -> None:
    """Stop what a killed supervisor left: services before the parts that they use."""
    for services in (True, False):
        _stop_all([part for part in state.alive() if part.service is services])
    for part in state.parts:
        if part.name == "seaweedfs":
            seaweedfs.tidy(part.ports)


def _stop_all(parts: list[PartState]) -> None:
    def end(part: PartState) -> None:
        if part.process is not None:
            stop(part.process, within_s=part.stop_within_s, number=signal.Signals(part.stop_signal))

    threads = [threading.Thread(target=end, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
