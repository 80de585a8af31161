"""Tells records of some types from the many others of a journal without decoding those."""

from twin_schemas import codec
from twin_schemas.errors import CorruptRecord, UnknownSchema


class Kinds:
    """Knows the schema ids of some types."""

    def __init__(self, *types: type) -> None:
        """Learn their ids as they come."""
        self._names = {each.__name__ for each in types}
        self._known: dict[int, bool] = {}

    def has(self, value: bytes) -> bool:
        """Whether framed bytes are a record of one of the types."""
        try:
            wire_id = codec.schema_id(value)
            known = self._known.get(wire_id)
            if known is None:
                release = codec.default_codec().release(wire_id)
                known = self._known[wire_id] = release.type in self._names
        except (CorruptRecord, UnknownSchema):
            return False
        return known
