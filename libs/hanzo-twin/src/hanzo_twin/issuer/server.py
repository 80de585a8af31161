"""The issuer's three pages over HTTP on loopback."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from hanzo_twin.issuer.desk import Desk, Refusal
from twin_common.mint import Mint

HOST = "127.0.0.1"

_MOST_BYTES = 16_384


def make_server(port: int, mint: Mint, desk: Desk) -> ThreadingHTTPServer:
    """A server that listens already; `serve_forever` answers.

    Args:
        port: on loopback; 0 takes a free one.
        mint: whose key is published.
        desk: gives the tokens.

    Raises:
        OSError: somebody else listens there.
    """
    pages = {
        "/.well-known/jwks.json": mint.key_set(),
        "/.well-known/openid-configuration": _described(mint.issuer),
    }

    class Handler(BaseHTTPRequestHandler):
        timeout = 5.0
        server_version = "hanzo-twin-issuer"
        sys_version = ""

        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            self._answer(404 if page is None else 200, {"error": "not_found"} if page is None else page)

        def do_POST(self) -> None:
            try:
                if self.path != "/token":
                    raise Refusal(404, "not_found", "tokens are at /token")
                answer = desk.grant(self._form(), self.headers.get("Authorization"), time.time())
                self._answer(200, answer)
            except Refusal as refusal:
                self._answer(refusal.status, {"error": refusal.code, "error_description": str(refusal)})

        def _form(self) -> dict[str, str]:
            length = self.headers.get("Content-Length", "")
            if not length.isascii() or not length.isdigit() or int(length) > _MOST_BYTES:
                raise Refusal(400, "invalid_request", f"the body must have a length of at most {_MOST_BYTES}")
            try:
                fields = parse_qs(
                    self.rfile.read(int(length)).decode(), strict_parsing=True, max_num_fields=20
                )
            except ValueError:
                raise Refusal(400, "invalid_request", "the body isn't a form") from None
            if repeated := [name for name, values in fields.items() if len(values) > 1]:
                raise Refusal(400, "invalid_request", f"{repeated[0]} occurs twice")
            return {name: values[0] for name, values in fields.items()}

        def _answer(self, status: int, value: dict[str, Any]) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="hanzo-twin"')
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Requests aren't logged."""

    server = ThreadingHTTPServer((HOST, port), Handler)
    server.daemon_threads = True
    return server


def _described(url: str) -> dict[str, Any]:
    """OpenID Connect discovery, as far as it applies."""
    return {
        "issuer": url,
        "jwks_uri": f"{url}/.well-known/jwks.json",
        "token_endpoint": f"{url}/token",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
    }
