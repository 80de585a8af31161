"""MQTT 5 (and 3.1.1) through gmqtt."""

from sync_engine.adapters.bridges.mqtt.bridge import MqttBridge

__all__ = ["MqttBridge"]
