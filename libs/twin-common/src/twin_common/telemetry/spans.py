"""Spans of this process; free of cost as long as nobody wants them."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, Self

from twin_common.errors import SettingsError
from twin_common.settings.services import Telemetry

if TYPE_CHECKING:
    from twin_common.telemetry.recorder import Recorder

Kind = Literal["internal", "server", "producer", "consumer"]
Attributes = Mapping[str, str | int | float | bool]

_recorder: Recorder | None = None
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


class Span(Protocol):
    """A piece of work. Entered with `with`; an exception that leaves it marks it as failed."""

    @property
    def traceparent(self) -> str | None:
        """W3C trace context for what follows from this work; None: there is no trace."""
        ...

    def set(self, name: str, value: str | int | float | bool) -> None:
        """Note something that became known on the way."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Tracing:
    """The spans of a process, from `start` on."""

    def close(self) -> None:
        """Export what is left, and record nothing more; a second call does nothing."""
        global _recorder
        recorder, _recorder = _recorder, None
        if recorder is not None:
            atexit.unregister(self.close)
            recorder.close()


def start(settings: Telemetry, service: str) -> Tracing:
    """Record this process's spans as the settings say. Exporting goes on in a thread of its own.

    Args:
        settings: section `telemetry`.
        service: named in every span.

    Raises:
        SettingsError: exporter `file` without a file, or with one that can't be written.
    """
    global _recorder
    tracing = Tracing()
    tracing.close()
    if settings.exporter == "none":
        return tracing
    if settings.exporter == "file" and not settings.file:
        raise SettingsError("telemetry.exporter is file: name the file in telemetry.file")
    from twin_common.telemetry.recorder import Recorder

    try:
        _recorder = Recorder(settings, service)
    except OSError as error:
        raise SettingsError(f"telemetry.file {settings.file} can't be written: {error}") from error
    atexit.register(tracing.close)
    return tracing


def current() -> str | None:
    """W3C trace context of the span that this task is in; None: in none."""
    return _current.get()


def span(
    name: str,
    *,
    parent: str | None = None,
    root: bool = False,
    kind: Kind = "internal",
    attributes: Attributes | None = None,
) -> Span:
    """A piece of work that is about to begin, on behalf of `parent` or else of the span that this task is in.

    Args:
        name: what is done, without ids.
        parent: W3C trace context that led to it.
        root: begin a trace when there is none; otherwise nothing is recorded then.
        kind: how it relates to others.
        attributes: what is known of it.
    """
    parent = parent or _current.get()
    if _recorder is None or (parent is None and not root):
        return _Passed(parent)
    return _recorder.span(name, parent, kind, attributes)


def record(
    name: str,
    *,
    parent: str | None,
    start_ns: int,
    end_ns: int,
    kind: Kind = "internal",
    attributes: Attributes | None = None,
) -> str | None:
    """A piece of work that is over already, in ns since the Unix epoch; nothing without a parent.

    Returns:
        The trace context for what follows from it.
    """
    if _recorder is None or parent is None:
        return parent
    return _recorder.record(name, parent, kind, attributes, start_ns, end_ns)


class _Passed:
    """Records nothing; the trace goes through it."""

    __slots__ = ("_before", "traceparent")

    def __init__(self, traceparent: str | None) -> None:
        self.traceparent = traceparent

    def set(self, name: str, value: str | int | float | bool) -> None:
        """Nobody wants to know."""

    def __enter__(self) -> Self:
        self._before = _current.set(self.traceparent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _current.reset(self._before)


def entered(traceparent: str | None) -> Span:
    """The part of a span that `current` sees."""
    return _Passed(traceparent)
