"""Which ids records carry on the wire: the catalogue's own, or those of an external schema registry."""

from __future__ import annotations

import asyncio

from twin_common.errors import SettingsError
from twin_common.settings.standard import Stream
from twin_schemas import registry
from twin_schemas.codec import Codec, use
from twin_schemas.errors import SubjectMissing


async def use_registry(stream: Stream) -> None:
    """Take the ids of the registry at `stream.registry_url` for this process, if there is one; once, at its start.

    With the catalogue's own ids, `stream.write_schema_ids_up_to` holds this process's writing back.

    Raises:
        SettingsError: a schema that this build writes isn't registered there; the message names its subject.
        RegistryUnreachable: it doesn't answer.
    """
    if stream.registry_url is None:
        if stream.write_schema_ids_up_to is not None:
            use(Codec(write_up_to=stream.write_schema_ids_up_to))
        return
    try:
        found = await asyncio.to_thread(registry.ids, stream.registry_url)
    except SubjectMissing as error:
        raise SettingsError(f"stream.registry_url: {error}") from error
    use(Codec(found))
