"""What aiokafka's clients know of the cluster is refreshed whatever happens.

Their own refreshing ends at the first error that it doesn't expect, such as a write to a connection that has just been
closed. Nobody notices: whoever asks for newer metadata then waits for ever, and a group member falls out of its group.
"""

from __future__ import annotations

import asyncio
from typing import Any

from twin_common.logs import get_logger

_log = get_logger(__name__)


def keep_refreshing(client: Any) -> None:
    """Have an `AIOKafkaClient` take any error of a refresh for one that failed: it asks again.

    Args:
        client: not started yet.
    """
    update = client._metadata_update  # noqa: SLF001 (there is no public way in)

    async def outliving(cluster: Any, topics: Any) -> bool:
        try:
            return bool(await update(cluster, topics))
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            _log.warning("a metadata refresh failed", reason=repr(error))
        except Exception as error:  # noqa: BLE001 (whatever it is, the next one may succeed)
            _log.warning("a metadata refresh failed", reason=repr(error))
        return False

    client._metadata_update = outliving  # noqa: SLF001
