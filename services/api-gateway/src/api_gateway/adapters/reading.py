"""Answers as records carry them."""

from __future__ import annotations

from api_gateway.domain.question import Said
from twin_common.bus.types import Record
from twin_common.logs import get_logger
from twin_schemas import codec
from twin_schemas.errors import SchemaError

_log = get_logger(__name__)


def text_of(record: Record, header: str) -> str:
    """A header's text; empty when there is none."""
    return (record.header(header) or b"").decode(errors="replace")


def said_in(record: Record) -> Said | None:
    """What a record says; None: it can't be read, which the log has."""
    try:
        body = codec.decode(record.value or b"")
    except SchemaError as error:
        _log.error("an answer can't be read", command=text_of(record, "ce_causationid"), error=str(error))
        return None
    org, actor = text_of(record, "ce_org"), text_of(record, "ce_actor")
    return Said(org, actor, text_of(record, "ce_correlationid"), body)
