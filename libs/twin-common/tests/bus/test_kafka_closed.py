"""A write to a connection that has just been closed is a broken connection, as uvloop says it, too."""

import pytest
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from twin_common.bus.kafka.closed import expect_closed_transports


class ClosedWriter:
    """A stream on a transport of uvloop's that has been closed."""

    def __init__(self, inner):
        self._inner = inner

    def write(self, data):
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    def close(self):
        self._inner.close()


async def test_a_write_to_a_closed_transport_breaks_the_connection(kafka):
    expect_closed_transports()
    host, port = kafka.broker_list[0].rsplit(":", 1)
    conn = await create_conn(host, int(port))
    conn._writer = ClosedWriter(conn._writer)
    with pytest.raises(KafkaConnectionError, match="the handler is closed"):
        await conn.send(MetadataRequest(None))
    assert not conn.connected()
