"""Who asks, and the request that they ask with."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field

from api_gateway.domain.question import Question
from twin_common.identity import Principal
from twin_common.ids import uuid7


@dataclass(slots=True)
class Caller:
    """The caller of one request, whose permission was checked.

    Attributes:
        principal: who it is: `org`, `actor`, `role`, `may(action)`.
        action: what they were let through for, such as `twins.read`.
        token: the bearer token, which commands carry on; None where tokens aren't verified.
        request_id: of the header X-Request-Id, or fresh.
        method, path: of the request, as sent.
        idempotency_key: the header's value, or None.
        traceparent: W3C trace context that commands carry on, or None.
    """

    principal: Principal
    action: str
    token: str | None = field(repr=False)
    request_id: str
    method: str
    path: str
    idempotency_key: str | None = None
    traceparent: str | None = None
    _command_id: str | None = None

    @property
    def org(self) -> str:
        """The caller's organisation: nothing of another is ever shown."""
        return self.principal.org

    @property
    def command_id(self) -> str:
        """Id of the one command that this request becomes; the same for every request with the same
        idempotency key, organisation and actor.
        """
        if self._command_id is None:
            self._command_id = uuid7() if self.idempotency_key is None else self._derived()
        return self._command_id

    def digest(self, body: bytes) -> str | None:
        """Names the content of the request; None without an idempotency key."""
        if self.idempotency_key is None:
            return None
        whole = hashlib.sha256()
        for part in (self.method.encode(), self.path.encode(), body):
            whole.update(len(part).to_bytes(8) + part)
        return whole.hexdigest()

    def question(self, body: bytes, twin: str | None = None) -> Question:
        """The request's command, as its answer is recognised by; `twin`: that it is for, when it is a running one."""
        return Question(
            self.command_id, self.request_id, self.org, self.principal.actor, self.digest(body), twin
        )

    def _derived(self) -> str:
        assert self.idempotency_key is not None
        parts = (self.principal.org, self.principal.actor, self.idempotency_key)
        whole = hashlib.sha256("\x00".join(parts).encode()).digest()
        return str(uuid.UUID(bytes=whole[:16], version=5))
