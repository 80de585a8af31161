"""Dead letters, the audit log, and who one is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hanzo_twin.models.base import Model


class Redriven(Model):
    """Who sent a dead letter again, and when."""

    actor: str = ""
    at: datetime | None = None


class DeadLetter(Model):
    """A record that nobody could handle.

    Attributes:
        id: `<partition>-<offset>` in the topic of dead letters.
        topic, partition, offset: where it came from.
        type: record type, as far as known.
        schema_id: that it was written with.
        code, message: why it was refused.
        service: that refused it.
        attempts: that were made.
        at: when it was given up.
        redriven: who sent it again.
        key, value: base64; in the single letter only.
        decoded: the value as JSON when its schema is known.
        headers: without the token.
    """

    id: str
    topic: str = ""
    partition: int = -1
    offset: int = -1
    type: str | None = None
    schema_id: int | None = None
    code: str = ""
    message: str = ""
    service: str = ""
    attempts: int = 0
    at: datetime | None = None
    redriven: tuple[Redriven, ...] = ()
    key: str | None = None
    value: str | None = None
    decoded: Any = None
    headers: Any = None


class Redrive(Model):
    """Where a dead letter was sent again."""

    topic: str
    partition: int
    offset: int


class AuditEntry(Model):
    """Who did what to which version, and whether it was allowed.

    Attributes:
        actor, role: who.
        action: such as `twins.start`.
        resource, version: to what.
        allowed: the decision.
        code: why not.
        request: id of the request.
        source: service that decided.
        at: when.
    """

    actor: str = ""
    role: str | None = None
    action: str = ""
    resource: str | None = None
    version: int | None = None
    allowed: bool | None = None
    code: str | None = None
    request: str | None = None
    source: str | None = None
    at: datetime | None = None


class JournalEntry(Model):
    """One record of a twin's journal.

    Attributes:
        offset: in the journal's partition.
        at: when it was appended.
        type: record type; None: it can't be read.
        record: its fields.
        error: why it can't be read.
    """

    offset: int
    at: datetime
    type: str | None = None
    record: Any = None
    error: str | None = None


class Identity(Model):
    """Who one is for the API.

    Attributes:
        actor: user or service account.
        organization: whose resources one sees.
        role: the strongest that one has.
        permissions: actions that the role allows, such as `twins.start`.
    """

    actor: str
    organization: str
    role: str
    permissions: tuple[str, ...] = ()
