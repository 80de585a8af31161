"""What can be wrong with a schema, a topic or a record; one tree, each class also the builtin that it is."""


class SchemaError(Exception):
    """Root of everything that this package raises."""


class InvalidSchema(SchemaError, ValueError):
    """A schema file can't be read or breaks a rule of this catalogue."""


class InvalidTopic(SchemaError, ValueError):
    """A topic file can't be read or breaks a rule of this catalogue."""


class InvalidExample(SchemaError, ValueError):
    """An example payload doesn't fit its schema."""


class UnknownTopic(SchemaError, KeyError):
    """A topic that isn't in the catalogue."""

    __str__ = Exception.__str__  # KeyError would print the quoted repr of the sentence


class UnknownSchema(SchemaError, KeyError):
    """A record names a schema id that isn't in the catalogue.

    Attributes:
        id: the id that the record names.
    """

    __str__ = Exception.__str__

    def __init__(self, schema_id: int, message: str | None = None) -> None:
        """Name the id; ``message`` replaces the usual sentence."""
        super().__init__(
            message
            or f"schema id {schema_id} is not in this catalogue: the writer is newer than this reader, "
            "or the bytes are not a record of this system"
        )
        self.id = schema_id


class UnreleasedSchema(SchemaError, RuntimeError):
    """A record type has no release that fits its current schema, so it has no id to be written with."""


class CorruptRecord(SchemaError, ValueError):
    """Bytes that are not a whole, valid record of the schema that they name."""


class EncodeError(SchemaError, ValueError):
    """A record whose values don't fit its schema.

    Attributes:
        path: the field, as ``readings[3].values[0]``.
    """

    def __init__(self, type_name: str, path: str, reason: str) -> None:
        """Name the record type, the field's path in it, and what is wrong there."""
        super().__init__(f"{type_name}.{path}: {reason}" if path else f"{type_name}: {reason}")
        self.path = path


class RegistryUnreachable(SchemaError, ConnectionError):
    """The external schema registry doesn't answer, or not as a schema registry does."""


class SubjectMissing(SchemaError, LookupError):
    """The external schema registry lacks a schema that this build writes."""
