"""The process that starts the parts, watches them, and ends them: `python -m hanzo_twin.stack.supervisor`.

It restarts nothing by itself: a part that ends is reported with its last log lines, and starts again when
somebody asks for it (`hanzo-twin dev up`, which sends SIGHUP). SIGTERM ends everything.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from hanzo_twin.stack.blueprint import CHECK, Blueprint, draw, draw_services
from hanzo_twin.stack.board import Board
from hanzo_twin.stack.errors import PartFailed, StackError
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.part import Part
from hanzo_twin.stack.plan import PARTS, Plan, read_plan
from hanzo_twin.stack.processes import ProcessId
from hanzo_twin.stack.runner import Runner, provision
from hanzo_twin.stack.secrets import load_secrets
from hanzo_twin.stack.state import PartState, Phase, StackState

_WATCH_S = 0.1


class Supervisor:
    """Carries out a plan until told to stop.

    Args:
        home: the stack's folder.
        plan: what shall run.
        me: this process.
        before: what the last supervisor of the home left written; its ports are taken again.
        report: tells people something, in one or more lines.
    """

    def __init__(
        self, home: Home, plan: Plan, me: ProcessId, before: StackState | None, report: Callable[[str], None]
    ) -> None:
        self._home = home
        self._plan = plan
        self._report = report
        self._before = {} if before is None else {part.name: part.ports for part in before.parts}
        self._secrets = load_secrets(home)
        self._board = Board(home, me, plan.generation)
        self._runners: dict[str, Runner] = {}
        self._blueprint: Blueprint | None = None
        self._stop = threading.Event()
        self._changed = threading.Event()
        self._abandon = threading.Event()

    def run(self) -> int:
        """Start everything, watch it, stop it; returns the exit code."""
        signal.signal(signal.SIGTERM, lambda *_: self._stop.set())
        signal.signal(signal.SIGINT, lambda *_: self._stop.set())
        signal.signal(signal.SIGHUP, lambda *_: self._changed.set())
        self._board.stack()  # whoever stops the stack must find this process, also while it prepares the first part
        error: str | None = None
        try:
            self._start()
            self._report("ready")
            while not self._stop.is_set():
                self._watch()
                if self._changed.is_set():
                    self._changed.clear()
                    self._change()
                if self._plan.owner is not None and not self._plan.owner.alive():
                    self._report("the process that this stack belongs to has ended")
                    break
                self._stop.wait(_WATCH_S)
        except StackError as failure:
            if not self._stop.is_set():
                error = str(failure)
                self._report(error)
        self._end(error)
        return 1 if error else 0

    def _start(self) -> None:
        before = {name: port for ports in self._before.values() for name, port in ports.items()}
        blueprint = draw(self._home, self._plan, self._secrets, before)
        self._blueprint = blueprint
        external = {name: self._plan.external.address(name) for name in self._plan.parts}
        self._board.connect(blueprint.connection)
        self._board.add(
            PartState(name=name, phase=Phase.WAITING, address=address)
            for name, address in external.items()
            if address is not None
        )
        self._board.add(map(_listed, blueprint.parts))
        own = [partial(self._bring_up, part) for part in blueprint.parts]
        others = [partial(self._check_external, name) for name in PARTS if external.get(name) is not None]
        self._together([*own, *others])
        self._start_services()
        self._board.stack(phase=Phase.READY)

    def _together(self, jobs: Iterable[Callable[[], None]]) -> None:
        """Do all at once; the first failure makes the others give up, and is the one that is raised."""

        def guarded(job: Callable[[], None]) -> None:
            try:
                job()
            except StackError as error:
                if not self._abandon.is_set():
                    self._abandon.set()
                    failures.append(error)

        failures: list[StackError] = []
        self._abandon.clear()
        work = list(jobs)
        with ThreadPoolExecutor(max_workers=max(1, len(work))) as pool:
            list(pool.map(guarded, work))
        if failures:
            raise failures[0]

    def _bring_up(self, part: Part) -> None:
        runner = self._runners.setdefault(part.name, Runner(part, self._home.log(part.name)))
        name = part.name

        def started(process: ProcessId) -> None:
            self._board.part(name, phase=Phase.STARTING, process=process, ended=None, tail=())

        try:
            seconds = runner.start(started, lambda: self._stop.is_set() or self._abandon.is_set())
        except PartFailed as error:
            self._board.part(name, phase=Phase.FAILED, ended=error.what, tail=runner.tail())
            raise
        if part.provision is not None and self._blueprint is not None:
            done = provision(part.provision, self._blueprint.connection.environment())
            self._report(f"{name}: {done}")
        self._board.part(name, phase=Phase.READY, ready_s=round(seconds, 2))

    def _check_external(self, name: str) -> None:
        assert self._blueprint is not None
        done = provision(CHECK[name], self._blueprint.connection.environment())
        self._report(f"{name} (external): {done}")
        self._board.part(name, phase=Phase.EXTERNAL)

    def _start_services(self) -> None:
        """Start the service processes of the plan that don't run, stop those that aren't in it."""
        assert self._blueprint is not None
        ports = self._before | {part.name: part.ports for part in self._board.state.parts}
        known = {name: numbers["metrics"] for name, numbers in ports.items() if "metrics" in numbers}
        wanted = draw_services(self._home, self._plan, self._blueprint.connection, self._secrets, known)
        names = {part.name for part in wanted}
        surplus = [r for r in self._runners.values() if r.part.service and r.part.name not in names]
        self._stop_all(surplus)
        for runner in surplus:
            del self._runners[runner.part.name]
            self._board.drop(runner.part.name)
        due = [part for part in wanted if not self._runs(part.name)]
        for part in due:
            self._runners.pop(part.name, None)
        self._board.add(map(_listed, due))
        self._together([partial(self._bring_up, part) for part in due])

    def _runs(self, name: str) -> bool:
        runner = self._runners.get(name)
        return runner is not None and runner.process is not None and runner.ended() is None

    def _watch(self) -> None:
        """Report every part that has ended since the last look."""
        for name, runner in self._runners.items():
            listed = self._board.state.part(name)
            if listed is None or listed.phase is not Phase.READY or (how := runner.ended()) is None:
                continue
            runner.part.tidy()
            # Told before it is written: who reads it there finds the report, too.
            self._report(f"{runner.failure(how)}\n  start it again with: hanzo-twin dev up")
            self._board.stack(phase=Phase.DEGRADED)
            self._board.part(name, phase=Phase.FAILED, ended=how, tail=runner.tail())

    def _change(self) -> None:
        """Carry out a changed plan; parts that have ended start again."""
        assert self._blueprint is not None
        self._plan = read_plan(self._home)
        self._board.stack(phase=Phase.STARTING)
        try:
            due = [part for part in self._blueprint.parts if not self._runs(part.name)]
            self._together([partial(self._bring_up, part) for part in due])
            self._start_services()
        except StackError as error:
            self._report(str(error))
            self._board.stack(phase=Phase.DEGRADED, generation=self._plan.generation, error=str(error))
        else:
            self._report("ready")
            self._board.stack(phase=Phase.READY, generation=self._plan.generation, error=None)

    def _end(self, error: str | None) -> None:
        self._board.stack(phase=Phase.STOPPING, error=error)
        self._stop_all(runner for runner in self._runners.values() if runner.part.service)
        self._stop_all(runner for runner in self._runners.values() if not runner.part.service)
        for part in self._board.state.parts:
            if part.phase is not Phase.FAILED:
                self._board.part(part.name, phase=Phase.STOPPED)
        self._board.stack(phase=Phase.FAILED if error else Phase.STOPPED)
        self._report("stopped")

    def _stop_all(self, runners: Iterable[Runner]) -> None:
        threads = [threading.Thread(target=runner.stop) for runner in runners]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _listed(part: Part) -> PartState:
    return PartState(
        name=part.name,
        service=part.service,
        stop_signal=int(part.stop_signal),
        stop_within_s=part.stop_within_s,
        ports=dict(part.ports),
        address=part.address,
    )


def stamped(text: str) -> str:
    """A log line: UTC time and text."""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {text}"
