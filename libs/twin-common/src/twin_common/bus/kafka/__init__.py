"""The bus on Apache Kafka, through aiokafka."""

from twin_common.bus.kafka.bus import KafkaBus

__all__ = ["KafkaBus"]
