"""An API that answers as a test has scripted it, and the command line that talks to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hanzo_twin.cli import build

TWIN = {
    "id": "01890000-0000-7000-8000-000000000001",
    "name": "arm",
    "organization": "acme",
    "revision": 3,
    "phase": "running",
    "desired": "running",
    "engine": "mujoco",
    "scene": {"name": "arm", "version": 2, "digest": "d2"},
    "tags": ["example"],
    "updated_at": "2026-02-20T01:02:03Z",
    "sim": {"worker": "w1", "incarnation": 1, "tick": 7, "at": "2026-02-20T01:02:03Z"},
}
SYNC = {"twin": TWIN["id"], "name": "arm", "state": "live", "tick": 7, "at": "2026-02-20T01:02:03Z"}


class Doors:
    """What the API answers by `METHOD path`, and what it was asked."""

    TWIN, SYNC = TWIN, SYNC

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.asked: list[tuple[str, bytes]] = []
        self.targets: list[str] = []

    def says(self, target: str, body: Any = None, status: int = 200) -> Doors:
        """One more answer; bytes are a stream of events or a file."""
        self.answers[target] = (status, body)
        return self

    def twin(self, **changes: Any) -> Doors:
        """A twin that can be looked at, started, stopped and deleted."""
        shown = {**TWIN, **changes}
        ref = TWIN["id"]
        for name in ("arm", "twin-arm", ref):
            self.says(f"GET /v1/twins/{name}", shown)
            for verb in ("start", "stop"):
                self.says(f"POST /v1/twins/{name}/{verb}", shown)
            self.says(f"DELETE /v1/twins/{name}", None, 204)
            self.says(f"PATCH /v1/twins/{name}", shown)
            self.says(f"GET /v1/twins/{name}/sync/status", SYNC)
        return self.says("GET /v1/twins", {"items": [shown], "next_cursor": None})

    def body(self, target: str) -> Any:
        """The JSON that was sent there last."""
        return json.loads(next(body for asked, body in reversed(self.asked) if asked == target))


@pytest.fixture
def doors() -> Doors:
    return Doors()


@pytest.fixture
def url(doors: Doors) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            target = f"{self.command} {self.path.partition('?')[0]}"
            doors.targets.append(self.path)
            doors.asked.append((target, self.rfile.read(length)))
            missing = {"status": 404, "code": "not_found", "detail": f"{target} is not scripted"}
            status, body = doors.answers.get(target, (404, missing))
            content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if isinstance(body, bytes):
                self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = answer

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cli(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """Runs the command line as a user without profiles, against the scripted API."""
    monkeypatch.setenv("HANZO_TWIN_API_URL", url)
    monkeypatch.setenv("HANZO_TWIN_API_TOKEN", "secret")
    monkeypatch.setenv("HANZO_TWIN_HOME", str(tmp_path / "no-stack"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments, **options: CliRunner().invoke(build(), list(arguments), **options)
