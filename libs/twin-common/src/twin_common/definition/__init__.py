"""The twin definition: the standard's YAML as frozen models, with errors that name path and line."""

from twin_common.definition.model import NAME_PATTERN, EngineType, TwinDefinition
from twin_common.definition.parse import check_twin, parse_twin
from twin_common.definition.sources import KafkaPublish, MqttPublish, MqttSource
from twin_common.definition.targets import JointStateTarget, Role, ValueTarget, split_path

__all__ = [
    "NAME_PATTERN",
    "EngineType",
    "JointStateTarget",
    "KafkaPublish",
    "MqttPublish",
    "MqttSource",
    "Role",
    "TwinDefinition",
    "ValueTarget",
    "check_twin",
    "parse_twin",
    "split_path",
]
