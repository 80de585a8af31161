"""Kafka, MQTT and the process's clock behind the ports of the domain."""
