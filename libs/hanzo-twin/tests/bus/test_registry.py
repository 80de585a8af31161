"""A client of a bus whose ids are those of somebody else's schema registry."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest

from hanzo_twin.bus import open_twins
from twin_common.bus.memory import MemoryBus
from twin_common.errors import SettingsError
from twin_common.settings import Settings
from twin_schemas import codec, releases
from twin_schemas.layout import layout
from twin_schemas.records import JointMode, SetJointCommand, TwinSpec

SHIFT = 5000


class Registry(BaseHTTPRequestHandler):
    """Knows the catalogue's schemas under other ids, apart from those of the type `lacks`."""

    protocol_version = "HTTP/1.1"
    lacks = ""

    def do_POST(self) -> None:
        kind = unquote(self.path).rpartition(".")[2]
        text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["schema"]
        known = (
            release.id
            for release in releases.load(layout().ids)
            if release.type == kind and releases.schema_of(layout(), release) == json.loads(text)
        )
        found = None if kind == self.lacks else next(known, None)
        answer: dict[str, Any] = {"error_code": 40401} if found is None else {"id": found + SHIFT}
        body = json.dumps(answer).encode()
        self.send_response(200 if found is not None else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def settings() -> Iterator[Settings]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Settings.model_validate({"stream": {"registry_url": f"http://127.0.0.1:{server.server_port}"}})
    codec.use(None)
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_client_writes_with_the_ids_of_the_registry_that_the_settings_name(
    bus: MemoryBus, spec: TwinSpec, settings: Settings
) -> None:
    own = codec.schema_id(codec.encode(SetJointCommand(spec.twin, "c", [])))
    async with await open_twins(settings, bus) as twins:
        await twins.commands.set_joint_command(spec, {"/World/hinge": (JointMode.EFFORT, 0.5)})
    (record,) = bus.records("hanzo.twin.sim.commands", spec.partition)
    assert codec.schema_id(record.value or b"") == own + SHIFT


async def test_a_client_does_not_begin_with_a_registry_that_lacks_a_schema(
    bus: MemoryBus, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Registry, "lacks", "TwinSpec")
    with pytest.raises(SettingsError, match=r"hanzo\.twin\.TwinSpec"):
        await open_twins(settings, bus)
