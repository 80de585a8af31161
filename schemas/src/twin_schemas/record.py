"""What every generated record class offers."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self


class Record(Protocol):
    """A record type of the catalogue as a Python class."""

    AVRO_NAME: ClassVar[str]

    def to_avro(self) -> dict[str, object]:
        """The datum that an Avro writer takes."""
        ...

    @classmethod
    def from_avro(cls, datum: Mapping[str, Any]) -> Self:
        """The record of a datum that an Avro reader returned."""
        ...
