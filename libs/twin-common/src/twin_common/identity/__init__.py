"""Who acts, and whether they may: tokens, roles, and the guard that every acting service asks.

```python
guard = guard_of(settings)                                      # one for each process
principal = await guard.check(envelope.token, twin.org, "twins.start", record.timestamp_ms * 1_000_000)
```
"""

from twin_common.identity.errors import Denied, Forbidden, IssuerUnreachable, Unauthenticated
from twin_common.identity.guard import Guard, OpenGuard, guard_of
from twin_common.identity.principal import Principal
from twin_common.identity.source import FixedToken, NoTokens, TokenSource, token_source

__all__ = [
    "Denied",
    "FixedToken",
    "Forbidden",
    "Guard",
    "IssuerUnreachable",
    "NoTokens",
    "OpenGuard",
    "Principal",
    "TokenSource",
    "Unauthenticated",
    "guard_of",
    "token_source",
]
