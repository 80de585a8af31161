"""Stacks of real parts. Most tests take the two small ones, which answer in a fraction of a second."""

import socket

import pytest

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
def everyone():
    """Every process of a stack: parts, their children, and the supervisor."""

    def find(state):
        return family([state.supervisor, *(part.process for part in state.alive())])

    return find
