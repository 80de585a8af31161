"""The contract between the services: topics, Avro record types, their ids, the codec and the gate that guards them."""
