"""Kafka keeps the bus's promises."""

from __future__ import annotations

import pytest
from suite import BusSuite

from twin_common.bus.kafka import KafkaBus
from twin_common.settings.standard import Stream


class TestKafkaBus(BusSuite):
    @pytest.fixture
    def bus(self, kafka: Stream) -> KafkaBus:
        return KafkaBus(kafka)

    @pytest.fixture
    def prefix(self, topic_prefix: str) -> str:
        return topic_prefix
