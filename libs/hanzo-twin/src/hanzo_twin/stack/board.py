"""The supervisor's written state: every change is published at once."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from hanzo_twin.stack.connection import Connection
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.processes import ProcessId
from hanzo_twin.stack.state import PartState, Phase, StackState, write_state


class Board:
    """Keeps `StackState` and writes it to the home at each change; safe to use from several threads."""

    def __init__(self, home: Home, me: ProcessId, generation: int) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._state = StackState(phase=Phase.STARTING, supervisor=me, generation=generation)

    @property
    def state(self) -> StackState:
        """The state as last written."""
        return self._state

    def stack(self, **changes: Any) -> None:
        """Change fields of the stack as a whole."""
        with self._lock:
            self._publish(self._state.model_copy(update=changes))

    def connect(self, connection: Connection) -> None:
        """Say how the parts are reached."""
        self.stack(connection=connection)

    def add(self, parts: Iterable[PartState]) -> None:
        """List parts, in place of those of the same name."""
        with self._lock:
            known = {part.name: part for part in self._state.parts} | {part.name: part for part in parts}
            self._publish(self._state.model_copy(update={"parts": tuple(known.values())}))

    def drop(self, name: str) -> None:
        """Forget a part."""
        with self._lock:
            rest = tuple(part for part in self._state.parts if part.name != name)
            self._publish(self._state.model_copy(update={"parts": rest}))

    def part(self, name: str, **changes: Any) -> None:
        """Change fields of one part."""
        with self._lock:
            parts = tuple(
                part.model_copy(update=changes) if part.name == name else part for part in self._state.parts
            )
            self._publish(self._state.model_copy(update={"parts": parts}))

    def _publish(self, state: StackState) -> None:
        self._state = state
        write_state(self._home, state)
