"""A schema registry of somebody else's, over HTTP: the catalogue's schemas and ids, but for one type's."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from twin_schemas import releases
from twin_schemas.layout import layout

FURTHER = 100_000
"""How far ids of such a registry are from the platform's own."""


@contextmanager
def registry_that_renumbers(name: str) -> Iterator[str]:
    """Yields the URL of a registry in which the schemas of this type have other ids."""
    known = [(release, releases.schema_of(layout(), release)) for release in releases.load(layout().ids)]

    class Registry(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            kind = unquote(self.path).rpartition(".")[2]
            body = self.rfile.read(int(self.headers["Content-Length"]))
            text = json.loads(json.loads(body)["schema"])
            found = next(release.id for release, schema in known if release.type == kind and schema == text)
            answer = json.dumps({"id": found + (FURTHER if kind == name else 0)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
