"""The contract between the services: topics, Avro record types, ids, codec, and the gate that guards them."""
