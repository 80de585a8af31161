"""What aiokafka doesn't look at: an answer that has no progress because it is an error, and fetching that has ended.

The broker answers a group whose coordinator moves with one error for all partitions, and aiokafka reads that as a group
without progress, which begins at the oldest record again. An error that its fetching doesn't expect ends that, while
everything else of the client goes on as if topics were quiet.
"""

from __future__ import annotations

from typing import Any

from aiokafka.errors import for_code

from twin_common.errors import BrokerUnreachable

_OFFSET_FETCH = 9
_MOVED = (15, 16)  # COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR


class FetchingEnded(BrokerUnreachable):
    """A client reads nothing any more, and never will; another one may."""


def believe_no_error(coordinator: Any) -> None:
    """Have an aiokafka `GroupCoordinator` raise the error that stands for a group's progress; it then asks again."""
    send = coordinator._send_req  # noqa: SLF001 (there is no public way in)

    async def checked(request: Any) -> Any:
        response = await send(request)
        if response.API_KEY == _OFFSET_FETCH and (code := getattr(response, "error_code", 0)):
            if code in _MOVED:
                coordinator.coordinator_dead()
            raise for_code(code)
        return response

    coordinator._send_req = checked  # noqa: SLF001


def check_fetching(kafka: Any) -> None:
    """See that an `AIOKafkaConsumer` still fetches.

    Raises:
        FetchingEnded: it doesn't.
    """
    task = kafka._fetcher._fetch_task  # noqa: SLF001 (there is no public way in)
    if task.done():
        reason = None if task.cancelled() else task.exception()
        raise FetchingEnded(f"aiokafka has ended fetching: {reason!r}") from reason
