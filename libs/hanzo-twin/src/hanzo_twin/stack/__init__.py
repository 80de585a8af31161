"""The embedded stack: real Kafka, MQTT, PostgreSQL and S3 on loopback, and the platform's services.

`control` starts and stops one, `connection` says how to reach it, `embedded.EmbeddedStack` is one for a test.
A detached process, `supervisor`, starts the parts (`parts`, `services`), watches them and writes down what
runs (`state`).
"""

from hanzo_twin.stack.connection import Connection, load
from hanzo_twin.stack.embedded import EmbeddedStack

__all__ = ["Connection", "EmbeddedStack", "load"]
