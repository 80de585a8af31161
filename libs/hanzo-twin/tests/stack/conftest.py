"""Stacks of real parts. Most tests take the two small ones, which answer in a fraction of a second."""

import socket
from contextlib import ExitStack

import boto3
import pytest
from botocore.config import Config

from hanzo_twin.stack import EmbeddedStack
from hanzo_twin.stack.processes import family

SMALL = ("mosquitto", "postgres")


@pytest.fixture
def small(tmp_path):
    with EmbeddedStack(tmp_path / "home", parts=SMALL) as stack:
        yield stack


@pytest.fixture
def listener():
    """Listens on TCP ports until the test ends."""
    sockets = []

    def listen(port=0):
        server = socket.create_server(("127.0.0.1", port))
        sockets.append(server)
        return server.getsockname()[1]

    yield listen
    for server in sockets:
        server.close()


@pytest.fixture
def s3_of():
    """Clients of the stacks' object storage, closed when the test ends."""
    with ExitStack() as clients:

        def connect(stack):
            storage = stack.connection.settings(environ={}).storage
            client = boto3.client(
                "s3",
                endpoint_url=storage.endpoint,
                aws_access_key_id=storage.access_key.get_secret_value(),
                aws_secret_access_key=storage.secret_key.get_secret_value(),
                region_name=storage.region,
                config=Config(signature_version="s3v4"),
            )
            clients.callback(client.close)
            return client

        yield connect


@pytest.fixture
def everyone():
    """Every process of a stack: parts, their children, and the supervisor."""

    def find(state):
        return family([state.supervisor, *(part.process for part in state.alive())])

    return find
