"""The bridges to physical systems. Adding one: a folder here that implements `Bridge`, and one line below."""

from collections.abc import Callable, Mapping
from typing import Final

from sync_engine.adapters.bridges.mqtt import MqttBridge
from sync_engine.domain.ports import Bridge
from twin_common.clock import Clock
from twin_common.settings import Settings

Crash = Callable[[Exception], None]
"""Told of an error that is ours, so that the process ends loudly instead of going deaf."""

BRIDGES: Final[Mapping[str, Callable[[Settings, Clock, Crash], Bridge]]] = {
    "mqtt": MqttBridge,
}
"""By the `type` of a source."""
