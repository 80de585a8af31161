"""Tells acquisitions from the many other records of a journal without decoding those."""

from twin_schemas import codec
from twin_schemas.errors import CorruptRecord, UnknownSchema
from twin_schemas.records import SourcesAcquired


class Acquisitions:
    """Knows the schema ids of `SourcesAcquired`."""

    def __init__(self) -> None:
        """Learn ids as they come."""
        self._known: dict[int, bool] = {}

    def has(self, value: bytes) -> bool:
        """Whether framed bytes are an acquisition."""
        try:
            wire_id = codec.schema_id(value)
            known = self._known.get(wire_id)
            if known is None:
                release = codec.default_codec().release(wire_id)
                known = self._known[wire_id] = release.type == SourcesAcquired.__name__
        except (CorruptRecord, UnknownSchema):
            return False
        return known
