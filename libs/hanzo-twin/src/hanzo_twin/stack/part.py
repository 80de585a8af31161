"""What the supervisor knows of one part: how to start it, how to see that it answers, how to stop it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the stack.

    Attributes:
        name: unique in the stack; its log is `<name>.log`.
        argv: the command line.
        ready: whether it answers now; called again and again until it does.
        address: where it is reached, in words.
        ports: TCP ports on loopback that it will open, by purpose.
        shared: purposes of the ports that other parts of the stack open, too.
        environment: variables beside the supervisor's own.
        prepare: makes folders and files; called before each start.
        tidy: removes what it leaves behind; called after each end.
        provision: the step of `hanzo_twin.stack.provision` that follows its start.
        service: it is one of the platform's own processes.
        ready_within_s: how long the start may take, in seconds.
        stop_signal: what makes it end in order.
        stop_within_s: how long that may take, in seconds, before it is killed.
    """

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    address: str
    ports: Mapping[str, int]
    shared: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = lambda: None
    tidy: Callable[[], None] = lambda: None
    provision: str | None = None
    service: bool = False
    ready_within_s: float = 45.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 8.0
