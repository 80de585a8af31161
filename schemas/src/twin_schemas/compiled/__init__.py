"""Schemas as Python functions: several times faster than walking the schema for the records of every tick.

They write the bytes that fastavro writes, and read what it reads. Where a value or bytes aren't plainly what the schema
asks for, they raise, and the codec leaves the record to fastavro, which knows every case and names the fault.
"""

from twin_schemas.compiled.decoder import Decode, decoder
from twin_schemas.compiled.encoder import Encode, encoder

__all__ = ["Decode", "Encode", "decoder", "encoder"]
