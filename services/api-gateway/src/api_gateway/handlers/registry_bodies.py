"""Schemas that clients send to the registry's paths, where nobody needs a token: short ones, and not too many."""

from __future__ import annotations

import json
from typing import Final

from starlette.requests import Request

from api_gateway.domain.rates import Rates
from api_gateway.domain.registry import RegistryError
from api_gateway.handlers.access import address_of
from api_gateway.handlers.bodies import raw_body
from twin_common.clock import Clock

MAX_BYTES: Final = 64_000
"""Of a body; the catalogue's longest schema is far shorter."""

_PER_S, _BURST = 20.0, 300  # a client asks once for every schema and keeps the answer


class SentSchemas:
    """Reads them.

    Args:
        clock: measures how often an address sends one.
    """

    def __init__(self, clock: Clock) -> None:
        self._rates = Rates(_PER_S, _BURST, clock)

    async def read(self, request: Request) -> str:
        """The schema in a body.

        Raises:
            RegistryError: 42201 for what isn't `{"schema": "<text>"}`, for another kind of schema than Avro, and for
                one in several parts, as ours are whole; 41300 for a long body.
            Problem: `too_many_requests`, `incomplete_body`.
        """
        self._rates.take(address_of(request))
        sent = await raw_body(request)
        if len(sent) > MAX_BYTES:
            raise RegistryError(41300, f"The body has {len(sent)} bytes; at most {MAX_BYTES} are taken")
        return _schema(sent)


def _schema(sent: bytes) -> str:
    try:
        body = json.loads(sent)
    except (ValueError, RecursionError):
        raise RegistryError(42201, "Invalid schema: the body isn't JSON") from None
    if not isinstance(body, dict) or not isinstance(body.get("schema"), str):
        raise RegistryError(42201, 'Invalid schema: the body isn\'t {"schema": "<text>"}')
    if body.get("schemaType") not in (None, "AVRO"):
        raise RegistryError(42201, f"Invalid schema: {str(body['schemaType'])[:80]!r} isn't AVRO")
    if body.get("references"):
        raise RegistryError(42201, "Invalid schema: schemas here are self-contained and have no references")
    text: str = body["schema"]
    return text
