"""What a process has to have read before it is ready."""

from api_gateway.bootstrap import build
from twin_common.blobs import MemoryBlobs
from twin_common.bus.memory import MemoryBus
from twin_common.settings import Settings


def test_everything_that_is_followed_is_waited_for(issuer):
    app = build(Settings(), bus=MemoryBus(), scenes=MemoryBlobs(), guard=issuer.guard())
    waiting = app.state.parts.health.waiting_for()
    assert {"read model", "answers", "outcomes", "dead letters"} <= set(waiting)
