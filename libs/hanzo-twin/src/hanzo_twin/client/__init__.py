"""Twins over REST: `Client`, and `AsyncClient` for programs that use asyncio.

```python
with Client.local() as client:
    client.upload_scene("examples/pendulum/scene.usda", name="pendulum")
    twin = client.create_twin(Path("examples/pendulum/twin.yaml").read_text(), scene="pendulum")
    client.start_twin(twin.name)
    for prediction in client.predictions(twin.name):
        print(prediction.tick, prediction.values)
```

Both carry the same flows (`wire`): requests, retries and waiting are written once, free of I/O.
"""

from hanzo_twin.client.asynchronous import AsyncClient
from hanzo_twin.client.blocking import Client
from hanzo_twin.client.problems import (
    ApiError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    NotReached,
    Pending,
    RateLimited,
    RevisionConflict,
    ServiceDefect,
    StreamGap,
    Troubled,
    Unauthenticated,
    Unavailable,
    Unexpected,
    Unreachable,
)
from hanzo_twin.client.retry import Retry
from hanzo_twin.client.tokens import ClientCredentials

__all__ = [
    "ApiError",
    "AsyncClient",
    "Client",
    "ClientCredentials",
    "Conflict",
    "Forbidden",
    "Gone",
    "Invalid",
    "NotFound",
    "NotReached",
    "Pending",
    "RateLimited",
    "Retry",
    "RevisionConflict",
    "ServiceDefect",
    "StreamGap",
    "Troubled",
    "Unauthenticated",
    "Unavailable",
    "Unexpected",
    "Unreachable",
]
