"""What needs an acknowledgement from the broker, within the number that it takes at a time."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

_MOST: Final = 1000
_AGAIN_S: Final = 0.005


class Requests:
    """Subscriptions and publications above QoS 0, in order.

    A broker takes only so many unacknowledged ones (mosquitto: 20); gmqtt raises `OverflowError` there
    instead of waiting.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._waiting: deque[Callable[[], object]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, request: Callable[[], object]) -> bool:
        """Make a request now or as soon as the broker has room; False when too many wait already."""
        if len(self._waiting) >= _MOST:
            return False
        self._waiting.append(request)
        if self._timer is None:
            self._make()
        return True

    def clear(self) -> None:
        """Forget what waits: the connection is gone."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _make(self) -> None:
        self._timer = None
        while self._waiting:
            try:
                self._waiting[0]()
            except OverflowError:
                self._timer = asyncio.get_running_loop().call_later(_AGAIN_S, self._make)
                return
            self._waiting.popleft()
