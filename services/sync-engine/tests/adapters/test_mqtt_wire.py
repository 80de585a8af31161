"""Packets as the MQTT specification draws them, and as gmqtt packs them."""

import pytest
from gmqtt.client import Message
from gmqtt.mqtt.package import PublishPacket

from sync_engine.adapters.bridges.mqtt.wire import Arrival, arrival, publication

TOPIC = b"plant/\xc3\xbc"
HEAD = len(TOPIC).to_bytes(2, "big") + TOPIC


class Protocol5:
    proto_ver = 5


class Protocol4:
    proto_ver = 4


@pytest.mark.parametrize("size", [0, 1, 100, 116, 117, 118, 119, 16_370, 16_376, 2_097_152])
@pytest.mark.parametrize("protocol", [Protocol5, Protocol4])
def test_a_publication_is_packed_as_gmqtt_packs_it(size, protocol):
    payload = b"x" * size
    _, expected = PublishPacket.build_package(Message(TOPIC.decode(), payload, qos=0), protocol)
    assert publication(TOPIC, payload, properties=protocol.proto_ver == 5) == bytes(expected)


@pytest.mark.parametrize(
    ("properties", "numbers"),
    [(b"\0", None), (b"\2\x0b\x05", (5,)), (b"\2\x0b\x7f", (127,)), (b"\3\x0b\x80\x01", (128,))],
)
def test_an_arrival_says_topic_payload_and_whose_it_is(properties, numbers):
    assert arrival(0x30, HEAD + properties + b"{}", properties=True) == Arrival("plant/ü", b"{}", numbers)


def test_a_retained_message_and_one_of_mqtt_3_arrive_alike():
    assert arrival(0x31, HEAD + b"\0" + b"1", properties=True) == Arrival("plant/ü", b"1", None)
    assert arrival(0x30, HEAD + b"1", properties=False) == Arrival("plant/ü", b"1", None)


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (0x32, HEAD + b"\0\x01\0{}"),  # QoS 1
        (0x40, b"\0\x01"),  # not a publication
        (0x30, b""),
        (0x30, b"\0\0\0{}"),  # the topic is behind an alias
        (0x30, HEAD),  # no properties where there must be
        (0x30, b"\xff\xff" + TOPIC),
        (0x30, HEAD + b"\x02\x0b"),  # properties end too soon
        (0x30, HEAD + b"\x02\x01\x01{}"),  # another property
        (0x30, HEAD + b"\x04\x0b\x01\x01\x01{}"),  # more than one
        (0x30, HEAD + b"\x03\x0b\x05\x01{}"),
        (0x30, HEAD + b"\x02\x0b\x00{}"),  # no such identifier
        (0x30, b"\0\x01\xff\0{}"),  # no text
    ],
)
def test_whatever_else_comes_is_left_to_others(command, body):
    assert arrival(command, body, properties=True) is None


@pytest.mark.parametrize("cut", [b"\x02", b"\x03", b"\x03\x0b", b"\x7f"])
def test_a_packet_that_ends_in_its_properties_is_left_to_others(cut):
    assert arrival(0x30, HEAD + cut, properties=True) is None
